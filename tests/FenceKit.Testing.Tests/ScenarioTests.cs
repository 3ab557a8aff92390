// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;

namespace FenceKit.Testing.Tests;

/// <summary>
/// A web application on a real Kestrel whose request handlers take two locks in both orders, under xunit 2.9 and 3: the run fails with the report,
/// whatever the server or the test makes of it.
/// </summary>
public partial class ScenarioTests
{
    private const string Report = "Circular lock dependency (certain)";

    [Theory]
    [InlineData("xunit 2.9", "OrderTests")]
    [InlineData("xunit 3", "OrderTests")]
    [InlineData("xunit 2.9", "InternalServerErrorTests")]
    [InlineData("xunit 3", "InternalServerErrorTests")]
    [InlineData("xunit 2.9", "CaughtTests")]
    public async Task A_test_that_passes_by_itself_fails_with_the_report_of_what_a_request_did(string framework, string testClass)
    {
        ScenarioRun run = await ScenarioRun.Of(framework, testClass);
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(Report, run.Output, StringComparison.Ordinal);
        Assert.Contains("Shop orders -> Shop stock", run.Output, StringComparison.Ordinal);
        Assert.Contains("FenceKit.Testing.Scenarios.Shop.DeliverAsync", run.Output, StringComparison.Ordinal);
        Assert.Matches($@"FenceKit\.Testing\.Scenarios\.{testClass}\.\w+ \[FAIL\]", run.Output);
        Assert.Matches($@"Found while one test ran: FenceKit\.Testing\.Scenarios\.{testClass}\.", run.Output);
        Assert.Contains(Report, run.Results, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("xunit 2.9")]
    [InlineData("xunit 3")]
    public async Task The_report_is_written_to_files_that_the_failure_names(string framework)
    {
        ScenarioRun run = await ScenarioRun.Of(framework, "OrderTests");
        string[] files = [.. AttachedFile().Matches(run.Output).Select(match => match.Value).Distinct()];
        Assert.Equal([".html", ".sarif", ".txt"], files.Select(Path.GetExtension).Order());
        Assert.Contains(Report, await File.ReadAllTextAsync(files.Single(file => file.EndsWith(".txt", StringComparison.Ordinal))), StringComparison.Ordinal);
        Array.ForEach(files, File.Delete);
    }

    [Fact]
    public async Task Under_xunit_3_the_files_are_attachments_of_the_test()
    {
        ScenarioRun run = await ScenarioRun.Of("xunit 3", "OrderTests");
        Assert.Contains("<attachment name=\"lockdep.html\"", run.Results, StringComparison.Ordinal);
        Assert.Contains("<attachment name=\"lockdep.txt\"", run.Results, StringComparison.Ordinal);
        Assert.Contains("<attachment name=\"lockdep.sarif\"", run.Results, StringComparison.Ordinal);
        Assert.Contains("media-type=\"text/html\"", run.Results, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("xunit 2.9", "ExpectedTests")]
    [InlineData("xunit 3", "ExpectedTests")]
    [InlineData("xunit 2.9", "InnocentTests")]
    [InlineData("xunit 3", "InnocentTests")]
    [InlineData("xunit 2.9", "FixtureTests")]
    public async Task Where_nothing_unexpected_is_found_the_run_passes(string framework, string testClass)
    {
        ScenarioRun run = await ScenarioRun.Of(framework, testClass);
        Assert.True(run.ExitCode == 0, run.Output);
    }

    [Theory]
    [InlineData("xunit 2.9")]
    [InlineData("xunit 3")]
    public async Task To_expect_something_else_hides_nothing_and_is_a_failure_itself(string framework)
    {
        ScenarioRun run = await ScenarioRun.Of(framework, "ExpectedOtherTests");
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(Report, run.Output, StringComparison.Ordinal);
        Assert.Contains("did not find what a test expects: CircularDependency of Shop orders, Shop invoices (expected at Scenarios.cs:", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("xunit 2.9")]
    [InlineData("xunit 3")]
    public async Task A_test_that_fails_by_itself_shows_both(string framework)
    {
        ScenarioRun run = await ScenarioRun.Of(framework, "FailingTests");
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("its own failure", run.Output, StringComparison.Ordinal);
        Assert.Contains(Report, run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("xunit 2.9")]
    [InlineData("xunit 3")]
    public async Task What_is_found_after_the_last_test_fails_the_run(string framework)
    {
        ScenarioRun run = await ScenarioRun.Of(framework, "LateTests");
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(Report, run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("xunit 2.9")]
    [InlineData("xunit 3")]
    public async Task A_run_without_the_validator_fails_instead_of_passing_for_nothing(string framework)
    {
        ScenarioRun run = await ScenarioRun.Of(framework, "InnocentTests", isSwitchedOff: true);
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("The lock validator is switched off", run.Output, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"/\S+-lockdep-\d+\.(txt|html|sarif)")]
    private static partial Regex AttachedFile();
}
