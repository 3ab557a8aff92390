// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit.Lockdep;

/// <summary>
/// The value of <see cref="LockValidator.IsEnabled"/>, in a type of its own, so that reading it initializes nothing else.
/// </summary>
internal static class LockValidatorSwitch
{
    // A static readonly field is a constant to the optimizing compiler.
    private static readonly bool s_isEnabled = AppContext.TryGetSwitch(LockValidator.OptionName, out bool isOn)
        ? isOn
        : Environment.GetEnvironmentVariable(LockValidator.VariableName) == "1";

    /// <summary>The options of the default validator, from the environment.</summary>
    internal static LockValidatorOptions DefaultOptions =>
        Environment.GetEnvironmentVariable(LockValidator.ReportsVariableName) is { Length: > 0 } path
            ? new LockValidatorOptions { Sinks = [LockViolationSink.ToEventSource, LockViolationSink.ToFile(path)] }
            : new LockValidatorOptions { Sinks = [LockViolationSink.ToEventSource] };

    /// <summary>Whether the drop-in locks report to a validator.</summary>
    [FeatureSwitchDefinition(LockValidator.OptionName)]
    public static bool IsEnabled => s_isEnabled;
}
