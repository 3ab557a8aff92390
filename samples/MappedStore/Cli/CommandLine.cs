// SPDX-License-Identifier: MIT
using System.CommandLine;

namespace FenceKit.Samples.MappedStore.Cli;

/// <summary>What the user asked for.</summary>
internal sealed record RunOptions(TimeSpan Duration, int Megabytes, FileInfo? Json, bool OnlyUnsafe);

/// <summary>The command line: an argument that cannot be understood costs one line on standard error and exit code 2.</summary>
internal static class CommandLine
{
    internal static int Run(string[] arguments, Func<RunOptions, int> run)
    {
        Option<int> seconds = SampleCommand.Number("--seconds", "How long the measurements take altogether", 20, 1, 50);
        Option<int> megabytes = SampleCommand.Number("--megabytes", "Size of the data file, generated once in the temp folder", 256, 16, 2048);
        Option<FileInfo?> json = SampleCommand.Json();
        var onlyUnsafe = new Option<bool>("--unsafe") { Description = "Only show, in a child process, that the same without the gate dies." };
        RootCommand command = SampleCommand.Describe(
            "A store of mapped segments that are replaced while threads read them by raw pointer.", seconds, megabytes, json, onlyUnsafe);
        command.SetAction(parsed => run(new RunOptions(
            TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(megabytes), parsed.GetValue(json), parsed.GetValue(onlyUnsafe))));
        return SampleCommand.Run(command, "mappedstore", arguments);
    }
}
