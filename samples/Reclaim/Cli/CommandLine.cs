// SPDX-License-Identifier: MIT

using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using FenceKit.Samples.Reclaim.Backends;

namespace FenceKit.Samples.Reclaim.Cli;

/// <summary>What the user asked for.</summary>
internal sealed record RunOptions(TimeSpan Duration, FileInfo? Json, BackendWish Backend, bool WithHang);

/// <summary>The command line.</summary>
internal static class CommandLine
{
    private const int DefaultSeconds = 12;
    private const int LongestSeconds = 600;

    /// <summary>
    /// Understands the arguments and runs; one that cannot be understood costs one line on standard error and exit code 2.
    /// </summary>
    public static int Run(string[] arguments, Func<RunOptions, int> run)
    {
        var seconds = new Option<int>("--seconds")
        {
            Description = $"How long the show takes, 1 to {LongestSeconds}.",
            HelpName = "N",
            DefaultValueFactory = static _ => DefaultSeconds,
            CustomParser = ParseSeconds,
        };
        var json = new Option<FileInfo?>("--json")
        {
            Description = "Write the figures to this file.",
            HelpName = "FILE",
            CustomParser = ParseFile,
        };
        var backend = new Option<BackendWish>("--backend")
        {
            Description = "auto: real if the kernel allows it; real: real or fail; simulated: no kernel needed.",
            HelpName = "auto|real|simulated",
            DefaultValueFactory = static _ => BackendWish.Auto,
            CustomParser = ParseBackend,
        };
        var hang = new Option<bool>("--hang")
        {
            Description = "Let a device of scene 2 get stuck, to see the watchdog end it.",
        };
        var command = new RootCommand("""
            Memory is taken away under a device: without a notifier it loses data, with FenceKit it does not.

            Exit codes: 0, all that was promised was seen; 1, something hung, failed or showed wrong data; 2, the command line cannot be understood; 3, a real part
            was demanded and is missing.
            """)
        {
            seconds,
            json,
            backend,
            hang,
        };
        command.SetAction(parsed => run(new RunOptions(
            TimeSpan.FromSeconds(parsed.GetValue(seconds)),
            parsed.GetValue(json),
            parsed.GetValue(backend),
            parsed.GetValue(hang))));

        ParseResult result = command.Parse(arguments);
        if (result.Errors is [ParseError first, ..])
        {
            Console.Error.WriteLine($"reclaim: {first.Message}");
            return ExitCode.Usage;
        }

        return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    private static int ParseSeconds(ArgumentResult argument)
    {
        string text = TextOf(argument);
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) || value is < 1 or > LongestSeconds)
        {
            argument.AddError($"--seconds takes a whole number from 1 to {LongestSeconds}, not '{text}'.");
        }

        return value;
    }

    private static FileInfo? ParseFile(ArgumentResult argument)
    {
        string text = TextOf(argument);
        if (string.IsNullOrWhiteSpace(text) || text.Contains('\0') || Directory.Exists(text))
        {
            argument.AddError($"--json takes the name of a file, not '{text}'.");
            return null;
        }

        var file = new FileInfo(text);
        if (file.Directory is not { Exists: true })
        {
            argument.AddError($"--json: there is no folder '{file.DirectoryName}'.");
        }

        return file;
    }

    private static BackendWish ParseBackend(ArgumentResult argument)
    {
        string text = TextOf(argument);
        switch (text)
        {
            case "auto":
                return BackendWish.Auto;
            case "real":
                return BackendWish.Real;
            case "simulated":
                return BackendWish.Simulated;
            default:
                argument.AddError($"--backend takes auto, real or simulated, not '{text}'.");
                return default;
        }
    }

    private static string TextOf(ArgumentResult argument) => argument.Tokens is [Token token] ? token.Value : "";
}
