// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.Tests;

/// <summary>What the command lines of all samples that are run here have in common.</summary>
public class SampleCommandTests
{
    // A terminal with all colors, which must not matter: what is written here is a pipe.
    private static readonly Dictionary<string, string> s_colorful = new() { ["TERM"] = "xterm-256color", ["COLORTERM"] = "truecolor" };

    [Theory]
    [InlineData("CrossDeviceDeadlock")]
    [InlineData("CustomDriver")]
    [InlineData("LuceneStore")]
    [InlineData("MappedStore")]
    [InlineData("Reclaim")]
    [InlineData("StandaloneLockdep")]
    [InlineData("VulkanDriver")]
    public async Task Help_says_what_exit_codes_mean_in_plain_text(string sample)
    {
        SampleRun help = await SampleProcess.RunAsync(["--help"], assembly: AssemblyOf(sample), environment: s_colorful);
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("Exit codes: 0", help.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', help.Output);
    }

    [Theory]
    [InlineData("StandaloneLockdep", 1)]
    [InlineData("CrossDeviceDeadlock", 1)]
    [InlineData("MappedStore", 0, "--seconds", "2", "--megabytes", "16")]
    public async Task A_pipe_gets_no_codes_of_terminals(string sample, int exitCode, params string[] arguments)
    {
        SampleRun run = await SampleProcess.RunAsync(arguments, assembly: AssemblyOf(sample), environment: s_colorful);
        Assert.Equal(exitCode, run.ExitCode);
        Assert.DoesNotContain('\e', run.Output);
        Assert.DoesNotContain('\e', run.Error);
    }

    private static string AssemblyOf(string sample) => Path.Combine(AppContext.BaseDirectory, $"{sample}.dll");
}
