// SPDX-License-Identifier: MIT
using System.Globalization;
using FenceKit.Lockdep.Tool.Running;

namespace FenceKit.Lockdep.Tool.Commands;

/// <summary>
/// Parses the usual form of <c>run</c>, with options that are one word each. The command-line library takes longer to load than many
/// programs take to start, so the usual form works without it; everything else, including errors and help, is left to
/// <see cref="ToolCommand"/>.
/// </summary>
/// <param name="Settings">The settings of the run.</param>
/// <param name="Outputs">The outputs for the findings.</param>
/// <param name="Command">The words after <c>--</c>.</param>
internal sealed record PlainRun(RunSettings Settings, RunOutputs Outputs, string[] Command)
{
    /// <summary>Parses a command line; null if it does not have the usual form.</summary>
    public static PlainRun? Of(string[] arguments)
    {
        int end = Array.IndexOf(arguments, "--");
        if (end < 1 || arguments[0] != "run" || end == arguments.Length - 1)
        {
            return null;
        }

        string? json = null, sarif = null, html = null, order = null, suppress = null;
        List<string> only = [], skip = [];
        LockConfidence? failOn = null;
        TimeSpan? hang = null;
        bool takesFramework = false, givesHints = false;
        for (int i = 1; i < end; i++)
        {
            string? value = i + 1 < end && IsPlain(arguments[i + 1]) ? arguments[i + 1] : null;
            bool isTaken = arguments[i] switch
            {
                "--json" => Take(ref json, value),
                "--sarif" => Take(ref sarif, value),
                "--html" => Take(ref html, value),
                "--order" => Take(ref order, value),
                "--suppress" => Take(ref suppress, value),
                "--only" => Take(only, value),
                "--skip" => Take(skip, value),
                "--fail-on" => Take(ref failOn, value),
                "--hang" => Take(ref hang, value),
                "--framework" => Take(ref takesFramework, value),
                "--hints" => Take(ref givesHints, value),
                _ => false,
            };
            if (!isTaken)
            {
                return null;
            }

            i += value is null ? 0 : 1;
        }

        return new PlainRun(
            new RunSettings(new AssemblySelection(only, skip), takesFramework, givesHints, hang),
            new RunOutputs(json, sarif, html, order, suppress, failOn ?? LockConfidence.Likely),
            arguments[(end + 1)..]);
    }

    /// <summary>Runs the program and returns the exit code.</summary>
    /// <exception cref="ToolException">The program cannot be run, or a report cannot be written.</exception>
    public int Invoke(Terminal terminal, TimeProvider clock)
    {
        using var session = new RunSession(terminal, clock, Settings, Outputs);
        return session.Run(ProgramTarget.Of(Command));
    }

    // Options, response files and empty words are left to the command-line library.
    private static bool IsPlain(string word) => word.Length > 0 && word[0] is not ('-' or '@');

    private static bool Take(ref string? option, string? value)
    {
        bool isFirst = option is null;
        option = value;
        return isFirst && value is not null;
    }

    private static bool Take(List<string> option, string? value)
    {
        option.Add(value ?? "");
        return value is not null;
    }

    private static bool Take(ref bool option, string? value)
    {
        bool isFirst = !option;
        option = true;
        return isFirst && value is null;
    }

    private static bool Take(ref LockConfidence? option, string? value)
    {
        bool isFirst = option is null;
        option = value switch
        {
            "certain" => LockConfidence.Certain,
            "likely" => LockConfidence.Likely,
            "possible" => LockConfidence.Possible,
            _ => null,
        };
        return isFirst && option is not null;
    }

    private static bool Take(ref TimeSpan? option, string? value)
    {
        bool isFirst = option is null;
        option = value is not null && uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint seconds) && seconds is > 0 and <= RunSettings.LongestHang
            ? TimeSpan.FromSeconds(seconds)
            : null;
        return isFirst && option is not null;
    }
}
