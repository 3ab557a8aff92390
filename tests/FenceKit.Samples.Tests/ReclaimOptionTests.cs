// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Tests;

/// <summary>What the sample says to those who ask for something it cannot do.</summary>
public sealed class ReclaimOptionTests
{
    [Theory]
    [InlineData("--seconds", "0")]
    [InlineData("--seconds", "601")]
    [InlineData("--seconds", "-5")]
    [InlineData("--seconds", "soon")]
    [InlineData("--seconds", "99999999999999999999")]
    [InlineData("--seconds")]
    [InlineData("--backend", "quantum")]
    [InlineData("--backend", "1")]
    [InlineData("--json")]
    [InlineData("--json", "")]
    [InlineData("--json", "/")]
    [InlineData("--json", "/no/such/folder/reclaim.json")]
    [InlineData("--frobnicate")]
    [InlineData("surplus")]
    public async Task InvalidOption_CostsOneLineAndExitCode2(params string[] arguments)
    {
        SampleRun run = await SampleProcess.RunAsync(arguments);

        Assert.Equal(2, run.ExitCode);
        Assert.Equal("", run.Output);
        string line = Assert.Single(run.ErrorLines);
        Assert.StartsWith("reclaim: ", line, StringComparison.Ordinal);
        Assert.Contains(arguments[0], line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_NamesEveryOption()
    {
        SampleRun run = await SampleProcess.RunAsync(["--help"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("", run.Error);
        Assert.All(["--json", "--seconds", "--backend"], option => Assert.Contains(option, run.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Requirement_ThatNobodyKnows_FailsWithALineThatNamesIt()
    {
        SampleRun run = await SampleProcess.RunAsync(["--seconds", "1"], require: "uffdd,uring");

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("'uffdd'", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requirement_OfAnotherSample_ChangesNothing()
    {
        SampleRun run = await SampleProcess.RunAsync(["--backend", "simulated", "--seconds", "1"], require: "vulkan");

        Assert.DoesNotContain("vulkan", run.Error, StringComparison.Ordinal);
    }
}
