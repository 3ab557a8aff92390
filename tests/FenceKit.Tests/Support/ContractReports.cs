// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep;

namespace FenceKit.Tests;

/// <summary>
/// With <c>FENCEKIT_LOCKDEP=1 FENCEKIT_LOCKDEP_REPORTS=FILE dotnet test</c> the whole suite runs with the contract checked, and what is
/// reported is written to the file: it must stay empty. Left out is what tests ask for.
/// </summary>
internal static class ContractReports
{
    private static readonly Lock s_gate = new();

    [ModuleInitializer]
    internal static void Begin()
    {
        if (FenceContract.IsChecked && Environment.GetEnvironmentVariable("FENCEKIT_LOCKDEP_REPORTS") is { Length: > 0 } path)
        {
            LockValidator.Default = new LockValidator(new LockValidatorOptions { Sinks = [new CallbackSink(violation => Write(path, violation))] });
        }
    }

    /// <summary>
    /// Subscribers of this suite write down what they are asked, so they allocate. Some tests wait in a callback or invalidate in a
    /// publishing scope, to see that it ends in an error and not in a hang. That the validator sees both is tested in FenceKit.Contract.Tests.
    /// </summary>
    private static bool IsAskedFor(LockViolation violation) =>
        violation.Kind == LockViolationKind.AllocationInSection
        || (violation.Kind == LockViolationKind.WaitInSection && violation.ClassNames is ["fence other"])
        || (violation.Kind is LockViolationKind.Recursion or LockViolationKind.CircularDependency
            && violation.ClassNames.Contains("publishing of device"));

    private static void Write(string path, LockViolation violation)
    {
        if (IsAskedFor(violation))
        {
            return;
        }

        lock (s_gate)
        {
            File.AppendAllText(path, $"{violation}{Environment.NewLine}{violation.Stack}{Environment.NewLine}");
        }
    }
}
