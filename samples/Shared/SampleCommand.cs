// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace FenceKit.Samples;

/// <summary>What the command lines of all samples have in common: an argument that cannot be understood costs one line on standard error and exit code 2.</summary>
internal static class SampleCommand
{
    internal const int Good = 0;
    internal const int Bad = 1;
    internal const int Usage = 2;

    private const string ExitCodes = """


        Exit codes: 0, all that was promised was seen; 1, it was not, or the sample failed; 2, the command line cannot be understood.
        """;

    internal static RootCommand Describe(string description, params Option[] options)
    {
        var command = new RootCommand(description + ExitCodes);
        Array.ForEach(options, command.Options.Add);
        return command;
    }

    internal static int Run(RootCommand command, string name, string[] arguments)
    {
        ParseResult result = command.Parse(arguments);
        if (result.Errors is [ParseError first, ..])
        {
            Console.Error.WriteLine($"{name}: {first.Message}");
            return Usage;
        }

        return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    /// <summary>The same for a command that awaits.</summary>
    internal static async Task<int> RunAsync(RootCommand command, string name, string[] arguments)
    {
        ParseResult result = command.Parse(arguments);
        if (result.Errors is [ParseError first, ..])
        {
            Console.Error.WriteLine($"{name}: {first.Message}");
            return Usage;
        }

        return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    internal static Option<int> Number(string name, string description, int usual, int lowest, int highest) => new(name)
    {
        Description = $"{description}, {lowest} to {highest}.",
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

    internal static Option<FileInfo?> Json() => new("--json")
    {
        Description = "Write the figures to this file.",
        HelpName = "FILE",
        CustomParser = ParseFile,
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
