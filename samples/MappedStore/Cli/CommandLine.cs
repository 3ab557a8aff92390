// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace FenceKit.Samples.MappedStore.Cli;

/// <summary>What the user asked for.</summary>
internal sealed record RunOptions(TimeSpan Duration, int Megabytes, FileInfo? Json, bool OnlyUnsafe);

/// <summary>The command line: an argument that cannot be understood costs one line on standard error and exit code 2.</summary>
internal static class CommandLine
{
    internal const int Good = 0;
    internal const int Bad = 1;
    internal const int Usage = 2;

    internal static int Run(string[] arguments, Func<RunOptions, int> run)
    {
        Option<int> seconds = Number("--seconds", "How long the measurements take altogether, 1 to 50.", 20, 1, 50);
        Option<int> megabytes = Number("--megabytes", "Size of the data file, generated once in the temp folder, 16 to 2048.", 256, 16, 2048);
        var json = new Option<FileInfo?>("--json") { Description = "Write the figures to this file.", HelpName = "FILE", CustomParser = ParseFile };
        var onlyUnsafe = new Option<bool>("--unsafe") { Description = "Only show, in a child process, that the same without the gate dies." };
        var command = new RootCommand("A store of mapped segments that are replaced while threads read them by raw pointer.")
        {
            seconds,
            megabytes,
            json,
            onlyUnsafe,
        };
        command.SetAction(parsed => run(new RunOptions(
            TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(megabytes), parsed.GetValue(json), parsed.GetValue(onlyUnsafe))));

        ParseResult result = command.Parse(arguments);
        if (result.Errors is [ParseError first, ..])
        {
            Console.Error.WriteLine($"mappedstore: {first.Message}");
            return Usage;
        }

        return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    private static Option<int> Number(string name, string description, int usual, int lowest, int highest) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => usual,
        CustomParser = argument =>
        {
            string text = TextOf(argument);
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) || value < lowest || value > highest)
            {
                argument.AddError($"{name} takes a whole number from {lowest} to {highest}, not '{text}'.");
            }

            return value;
        },
    };

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

    private static string TextOf(ArgumentResult argument) => argument.Tokens is [Token token] ? token.Value : "";
}
