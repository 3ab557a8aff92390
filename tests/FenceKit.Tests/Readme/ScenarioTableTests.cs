// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text.RegularExpressions;

namespace FenceKit.Tests.Readme;

/// <summary>docs/fence-scenarios.md names a test for each scenario and each rule, and these tests exist.</summary>
public sealed partial class ScenarioTableTests
{
    private static readonly string[] s_rows = File.ReadAllLines(Repository.PathOf("docs", "fence-scenarios.md"));

    [Fact]
    public void Every_scenario_of_the_kernel_has_a_row() => Assert.Equal(
        Enumerable.Range(1, 38),
        Rows(NumberRow()).SelectMany(row => row.Groups[1].Value.Split(',')).Select(number => int.Parse(number, CultureInfo.InvariantCulture)).Order());

    [Fact]
    public void Every_rule_has_a_row() => Assert.Equal(
        Enumerable.Range(1, 26),
        Rows(RuleRow()).Select(row => int.Parse(row.Groups[1].Value, CultureInfo.InvariantCulture)));

    [Fact]
    public void Every_test_that_is_named_exists()
    {
        HashSet<string> tests = [.. Directory.EnumerateFiles(Repository.PathOf("tests"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => TestMethod().Matches(File.ReadAllText(file)).Select(method => method.Groups[1].Value))];
        string[] named = [.. s_rows.Where(row => row.StartsWith('|')).SelectMany(row => Code().Matches(row)).Select(code => code.Groups[1].Value).Where(code => code.Contains('_', StringComparison.Ordinal))];
        Assert.True(named.Length > 80);
        Assert.Empty(named.Except(tests));
    }

    private static IEnumerable<Match> Rows(Regex shape) => s_rows.Select(row => shape.Match(row)).Where(match => match.Success);

    [GeneratedRegex(@"^\| ([0-9, ]+) \| .+ \| `.+` \|$")]
    private static partial Regex NumberRow();

    [GeneratedRegex(@"^\| R([0-9]+) \| .+ \| .+ \|$")]
    private static partial Regex RuleRow();

    [GeneratedRegex(@"\[(?:Fact|Theory)\b[^{]*?public (?:async )?(?:void|Task) ([A-Z][A-Za-z0-9_]+)\(")]
    private static partial Regex TestMethod();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
