// SPDX-License-Identifier: MIT
using System.Text.Json;
using FenceKit.Lockdep.Formats;
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Reports;

/// <summary>What the standard requires of a log, result by result. The golden file was also held against the schema of the standard.</summary>
public sealed class SarifTests
{
    private static readonly string[] s_levels = ["none", "note", "warning", "error"];

    [Fact]
    public void A_log_has_what_the_standard_requires()
    {
        var bench = new Bench(captureStacks: true);
        bench.Nest("A", "B");
        bench.Nest("B", "A");
        bench.Validator.Release(new object());
        using JsonDocument log = JsonDocument.Parse(LockReport.Create(bench.Validator, [.. bench.Reports, .. FormatTests.Sample().Violations]).ToSarif());
        Assert.Equal("2.1.0", log.RootElement.GetProperty("version").GetString());
        Assert.True(Uri.IsWellFormedUriString(log.RootElement.GetProperty("$schema").GetString(), UriKind.Absolute));
        JsonElement run = Assert.Single(log.RootElement.GetProperty("runs").EnumerateArray());
        JsonElement driver = run.GetProperty("tool").GetProperty("driver");
        Assert.NotEmpty(driver.GetProperty("name").GetString()!);
        string[] rules = [.. driver.GetProperty("rules").EnumerateArray().Select(static rule => rule.GetProperty("id").GetString()!)];
        Assert.Equal(Enum.GetValues<LockViolationKind>().Length, rules.Distinct().Count());
        int flows = 0;
        foreach (JsonElement result in run.GetProperty("results").EnumerateArray())
        {
            Assert.NotEmpty(result.GetProperty("message").GetProperty("text").GetString()!);
            Assert.Equal(result.GetProperty("ruleId").GetString(), rules[result.GetProperty("ruleIndex").GetInt32()]);
            Assert.Contains(result.GetProperty("level").GetString(), s_levels);
            CheckLocation(Assert.Single(result.GetProperty("locations").EnumerateArray()));
            Assert.NotEmpty(result.GetProperty("partialFingerprints").EnumerateObject());
            flows += result.TryGetProperty("codeFlows", out JsonElement codeFlows) ? CheckFlows(codeFlows) : 0;
        }

        Assert.Equal(2 + 2 + 1 + 1, flows); // the circle here; circle, inversion and recursion of the sample
    }

    [Fact]
    public void A_result_has_a_place_even_when_none_is_known_for_code_scanning_refuses_the_whole_log_otherwise()
    {
        var bench = new Bench();
        bench.Validator.Release(new object());
        Assert.Null(Assert.Single(bench.Reports).Lock?.Site);
        using JsonDocument log = JsonDocument.Parse(LockReport.Create(bench.Validator, bench.Reports).ToSarif());
        JsonElement location = log.RootElement.GetProperty("runs")[0].GetProperty("results")[0].GetProperty("locations")[0];
        Assert.Equal("unknown", location.GetProperty("physicalLocation").GetProperty("artifactLocation").GetProperty("uri").GetString());
    }

    [Fact]
    public void Both_stacks_of_every_step_are_in_the_flow()
    {
        var bench = new Bench(captureStacks: true);
        bench.Nest("A", "B");
        bench.Nest("B", "A");
        using JsonDocument log = JsonDocument.Parse(LockReport.Create(bench.Validator, bench.Reports).ToSarif());
        JsonElement flow = log.RootElement.GetProperty("runs")[0].GetProperty("results")[0].GetProperty("codeFlows")[0];
        JsonElement[] steps = [.. flow.GetProperty("threadFlows").EnumerateArray().SelectMany(static thread => thread.GetProperty("locations").EnumerateArray())];
        Assert.Equal(4, steps.Length);
        Assert.All(steps, static step => Assert.Contains(
            step.GetProperty("stack").GetProperty("frames").EnumerateArray(),
            static frame => frame.GetProperty("location").GetProperty("logicalLocations")[0].GetProperty("fullyQualifiedName").GetString()!
                .Contains(nameof(Both_stacks_of_every_step_are_in_the_flow), StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("src/Bank.cs", "src/Bank.cs", null)]
    [InlineData("src\\My Bank.cs", "src/My%20Bank.cs", null)]
    [InlineData("/home/me/a b#c.cs", "file:///home/me/a%20b%23c.cs", null)]
    [InlineData("C:\\src\\Bank.cs", "file:///C:/src/Bank.cs", null)]
    [InlineData("\\\\server\\share\\Bank.cs", "file://server/share/Bank.cs", null)]
    [InlineData("/_/src/Bank.cs", "src/Bank.cs", "%SRCROOT%")]
    [InlineData("a:b.cs", "a%3Ab.cs", null)]
    public void A_path_of_any_system_becomes_a_uri(string path, string uri, string? root)
    {
        Assert.Equal((uri, root), SourceUri.Of(path));
        Assert.True(Uri.IsWellFormedUriString(uri, UriKind.RelativeOrAbsolute));
    }

    private static int CheckFlows(JsonElement codeFlows)
    {
        int flows = 0;
        foreach (JsonElement thread in codeFlows.EnumerateArray().SelectMany(static flow => flow.GetProperty("threadFlows").EnumerateArray()))
        {
            flows++;
            JsonElement[] steps = [.. thread.GetProperty("locations").EnumerateArray()];
            Assert.Equal(2, steps.Length);
            Assert.All(steps, static step => CheckLocation(step.GetProperty("location")));
        }

        return flows;
    }

    private static void CheckLocation(JsonElement location)
    {
        if (location.TryGetProperty("physicalLocation", out JsonElement place))
        {
            Assert.True(Uri.IsWellFormedUriString(place.GetProperty("artifactLocation").GetProperty("uri").GetString(), UriKind.RelativeOrAbsolute));
            Assert.True(place.GetProperty("region").GetProperty("startLine").GetInt32() > 0);
        }
    }
}
