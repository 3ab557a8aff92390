// SPDX-License-Identifier: MIT

using FenceKit.Conformance;
using FenceKit.Samples.CustomDriver;

namespace FenceKit.Samples.Tests;

/// <summary>The tutorial as its readers run it. That the driver passes every check is shown by FenceKit.Conformance.Tests.</summary>
public sealed class CustomDriverTests
{
    [Fact]
    public async Task OneCheck_WhereThereIsARing_PassesAndEndsWithZero()
    {
        SampleRun run = await RunAsync("--check", "every-command-ends");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("", run.Error);
        Assert.Equal(RingProbe.WhyNot() is null ? "passed  every-command-ends\n" : run.Output, run.Output);
        Assert.True(run.Output.StartsWith("passed", StringComparison.Ordinal) || run.Output.Contains("cannot be used here", StringComparison.Ordinal));
    }

    [Fact]
    public async Task EveryCheck_WhereThereIsARing_EndsWithHowManyPassed()
    {
        SampleRun run = await RunAsync();

        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain('\e', run.Output);
        int checks = DriverConformance.Checks.Count;
        Assert.EndsWith(RingProbe.WhyNot() is null ? $"\nconformance: {checks} of {checks} checks passed\n" : "\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_NamesEveryCheckAndItsRule()
    {
        SampleRun run = await RunAsync("--list");

        Assert.Equal(0, run.ExitCode);
        Assert.All(DriverConformance.Checks, check =>
        {
            Assert.Contains(check.Name, run.Output, StringComparison.Ordinal);
            Assert.Contains(check.Rule, run.Output, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("--check")]
    [InlineData("--check", "")]
    [InlineData("--check", "no-such-check")]
    [InlineData("--frobnicate")]
    [InlineData("surplus")]
    public async Task InvalidOption_CostsOneLineAndExitCode2(params string[] arguments)
    {
        SampleRun run = await RunAsync(arguments);

        Assert.Equal(2, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.StartsWith("custom-driver: ", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("uffd", false)]
    [InlineData("during", false)]
    [InlineData("uring", true)]
    [InlineData("uffd, uring ,vulkan", true)]
    public void Refusal_IsAnErrorOnlyWhereTheRingIsRequired(string? required, bool isError)
    {
        using StringWriter output = new();
        using StringWriter error = new();

        Assert.Equal(isError, RingProbe.Refuse("not permitted", required, output, error));

        Assert.Equal(isError, output.ToString().Length == 0);
        Assert.Contains("not permitted", isError ? error.ToString() : output.ToString(), StringComparison.Ordinal);
    }

    private static Task<SampleRun> RunAsync(params string[] arguments) =>
        SampleProcess.RunAsync(arguments, assembly: typeof(RingProbe).Assembly.Location);
}
