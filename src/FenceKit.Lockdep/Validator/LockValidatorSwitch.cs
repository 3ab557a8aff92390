// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit.Lockdep;

/// <summary>The one switch of the drop-in locks. Off, they are the bare lock: the compiler removes the rest.</summary>
/// <remarks>
/// On when the runtime option <c>FenceKit.Lockdep.Enabled</c> is true (a RuntimeHostConfigurationOption in the project file), or else when
/// the environment variable <c>FENCEKIT_LOCKDEP</c> is 1. Read once. A validator that is called directly always validates.
/// </remarks>
public static class LockValidatorSwitch
{
    /// <summary>The name of the runtime option.</summary>
    public const string OptionName = "FenceKit.Lockdep.Enabled";

    /// <summary>The name of the environment variable.</summary>
    public const string VariableName = "FENCEKIT_LOCKDEP";

    /// <summary>The name of the variable that names a file: the default validator appends its reports to it, unless the program sets another one.</summary>
    public const string ReportsVariableName = "FENCEKIT_LOCKDEP_REPORTS";

    // A static readonly field is a constant to the optimizing compiler.
    private static readonly bool s_isEnabled = AppContext.TryGetSwitch(OptionName, out bool isOn)
        ? isOn
        : Environment.GetEnvironmentVariable(VariableName) == "1";

    /// <summary>What the default validator is told by the environment.</summary>
    internal static LockValidatorOptions DefaultOptions =>
        Environment.GetEnvironmentVariable(ReportsVariableName) is { Length: > 0 } path
            ? new LockValidatorOptions { Sinks = [new EventSourceSink(), new FileSink(path)] }
            : new LockValidatorOptions { Sinks = [new EventSourceSink()] };

    /// <summary>Whether the drop-in locks report to a validator.</summary>
    [FeatureSwitchDefinition(OptionName)]
    public static bool IsEnabled => s_isEnabled;
}
