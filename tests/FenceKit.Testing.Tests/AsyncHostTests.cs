// SPDX-License-Identifier: MIT
using System.Xml.Linq;

namespace FenceKit.Testing.Tests;

/// <summary>
/// Asynchronous tests that take locks over awaits, as xunit runs them: with fixtures that begin and end asynchronously, theories, time limits, parallel collections
/// and its own synchronization contexts, in whose threads the flows go on. They are correct, so nothing may be reported.
/// </summary>
public class AsyncHostTests
{
    private const int Tests = 12;

    [Theory]
    [InlineData("xunit 2.9")]
    [InlineData("xunit 3")]
    public async Task Correct_asynchronous_tests_give_no_report(string framework)
    {
        ScenarioRun run = await ScenarioRun.Of(framework, "AsyncHost.");
        Assert.True(run.ExitCode == 0, run.Output); // whatever the validator finds fails the run
        Assert.Equal(Tests, Passed(XDocument.Parse(run.Results).Root!));
    }

    private static int Passed(XElement results)
        => results.Descendants().Count(static test => test is { Name.LocalName: "UnitTestResult" } && (string?)test.Attribute("outcome") == "Passed")
            + results.Descendants().Count(static test => test is { Name.LocalName: "test" } && (string?)test.Attribute("result") == "Pass");
}
