// SPDX-License-Identifier: MIT
using FenceKit.Analyzers.Flow;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FenceKit.Analyzers;

/// <summary>The members of the platform and of FenceKit that put their caller to sleep.</summary>
internal static class BlockingMembers
{
    private static readonly Dictionary<string, string[]> s_members = new()
    {
        ["System.Threading.Thread"] = ["Sleep", "Join"],
        ["System.Threading.Tasks.Task"] = ["Wait", "WaitAll", "WaitAny", "Result"],
        ["System.Threading.Tasks.ValueTask"] = ["Result"],
        ["System.Threading.WaitHandle"] = ["WaitOne", "WaitAll", "WaitAny", "SignalAndWait"],
        ["System.Threading.ManualResetEventSlim"] = ["Wait"],
        ["System.Threading.SemaphoreSlim"] = ["Wait"],
        ["System.Threading.CountdownEvent"] = ["Wait"],
        ["System.Threading.Barrier"] = ["SignalAndWait"],
        ["System.Threading.Monitor"] = ["Wait"],
        ["System.Threading.SpinWait"] = ["SpinUntil"],
        ["System.Collections.Concurrent.BlockingCollection"] = ["Take"],
        ["System.Runtime.CompilerServices.TaskAwaiter"] = ["GetResult"],
        ["System.Runtime.CompilerServices.ValueTaskAwaiter"] = ["GetResult"],
        ["FenceKit.Fence"] = ["Wait", "WaitAny", "WaitAll"],
        ["FenceKit.FenceWaitSet"] = ["WaitAny", "WaitAll"],
        ["FenceKit.FenceReservation"] = ["Wait"],
        ["FenceKit.InvalidationSession"] = ["Wait"],
        ["FenceKit.InvalidationNotifier"] = ["Invalidate", "Release"],
        ["FenceKit.InvalidationSubscription"] = ["BeginRead", "Dispose"],
        ["FenceKit.ReaderGate"] = ["Enter"],
        ["FenceKit.GateReader"] = ["Enter"],
        ["FenceKit.ReclaimSweep"] = ["Run"],
        ["FenceKit.WoundWaitLock"] = ["Lock", "LockSlow"],
        ["FenceKit.WoundWaitLockSet"] = ["Lock"],
        ["FenceKit.Lockdep.TrackedSemaphore"] = ["Wait"],
    };

    /// <summary>Returns the name of the member if an operation waits, and null otherwise.</summary>
    /// <remarks>A wait whose time limit is zero only looks, and that is allowed everywhere.</remarks>
    internal static string? Blocks(KnownTypes types, IOperation operation) => operation switch
    {
        IInvocationOperation call when IsListed(call.TargetMethod) && !call.Arguments.Any(IsZero) && !IsStandIn(types, call.TargetMethod) => Name(call.TargetMethod),
        IPropertyReferenceOperation property when IsListed(property.Property) => Name(property.Property),
        _ => null,
    };

    private static string Name(ISymbol member) => $"{member.ContainingType.Name}.{member.Name}";

    private static bool IsListed(ISymbol member)
    {
        // The sub-classes of WaitHandle are called by their own names.
        for (INamedTypeSymbol? type = member.ContainingType; type is not null; type = type.BaseType)
        {
            if (s_members.TryGetValue($"{type.ContainingNamespace?.ToDisplayString()}.{type.Name}", out string[]? names))
            {
                return names.Contains(member.Name);
            }
        }
        return false;
    }

    // A type of a user's that is called like one of FenceKit's is not meant.
    private static bool IsStandIn(KnownTypes types, IMethodSymbol method) =>
        method.ContainingNamespace.ToDisplayString().StartsWith("FenceKit", StringComparison.Ordinal) && !types.IsOwn(method.OriginalDefinition);

    private static bool IsZero(IArgumentOperation argument)
    {
        IOperation value = Operations.Unwrap(argument.Value);
        return argument.ArgumentKind == ArgumentKind.Explicit && value switch
        {
            IFieldReferenceOperation { Field: { Name: "Zero", ContainingType.Name: "TimeSpan" } } => true,
            IDefaultValueOperation => value.Type?.Name == "TimeSpan",
            { ConstantValue: { HasValue: true, Value: int number } } => number == 0 && argument.Parameter?.Name.IndexOf("imeout", StringComparison.Ordinal) >= 0,
            _ => false,
        };
    }
}
