// SPDX-License-Identifier: MIT
using System.Globalization;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>The validator of rewritten code in this process, and the settings that the tool passes through the environment.</summary>
internal static class Session
{
    public const string OutputVariableName = "FENCEKIT_LOCKDEP_TOOL_OUTPUT";
    public const string HintsVariableName = "FENCEKIT_LOCKDEP_TOOL_HINTS";
    public const string HangVariableName = "FENCEKIT_LOCKDEP_TOOL_HANG";

    // Static readonly fields are constants for the JIT compiler.
    private static readonly bool s_isOn = Environment.GetEnvironmentVariable(LockValidator.VariableName) != "0";
    private static readonly bool s_watchesHangs = s_isOn && HangLimit > TimeSpan.Zero;

    static Session()
    {
        string? folder = Environment.GetEnvironmentVariable(OutputVariableName);
        ReportWriter? writer = s_isOn && folder is { Length: > 0 } ? new ReportWriter(folder) : null;
        string? file = Environment.GetEnvironmentVariable(LockValidator.ReportsVariableName);
        Validator = new LockValidator(new LockValidatorOptions
        {
            Sinks = writer is not null ? [writer] : file is { Length: > 0 } ? [LockViolationSink.ToFile(file)] : [],
            MeasureAllocation = false,
        });
        if (s_isOn)
        {
            AppDomain.CurrentDomain.ProcessExit += static (_, _) => RunEnd.Judge();
        }

        writer?.Start(Validator);
        if (s_watchesHangs)
        {
            HangWatch.Start(HangLimit, writer);
        }
    }

    /// <summary>False when the environment contains <c>FENCEKIT_LOCKDEP=0</c>: rewritten code then behaves like the original.</summary>
    public static bool IsOn => s_isOn;

    public static bool WatchesHangs => s_watchesHangs;

    public static LockValidator Validator { get; }

    /// <summary>Whether findings that rest on classes alone are reported.</summary>
    public static bool GivesHints => Environment.GetEnvironmentVariable(HintsVariableName) == "1";

    private static TimeSpan HangLimit =>
        double.TryParse(Environment.GetEnvironmentVariable(HangVariableName), NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) && seconds > 0
            ? TimeSpan.FromSeconds(Math.Min(seconds, 86_400))
            : TimeSpan.Zero;
}
