// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace FenceKit.Tests.Invalidation;

/// <summary>docs/invalidation-scenarios.md names a test, or a reason, for every scenario; here it is held to that.</summary>
public sealed partial class ScenarioListTests
{
    private static readonly string[] s_rows = File.ReadAllLines(Repository.PathOf("docs", "invalidation-scenarios.md"));

    [Fact]
    public void Every_scenario_from_1_to_103_is_listed_once_in_order()
    {
        int[] numbers = [.. s_rows.Select(row => Row().Match(row)).Where(row => row.Success).Select(NumberOf)];
        Assert.Equal(Enumerable.Range(1, 103), numbers);
    }

    [Fact]
    public void Every_scenario_names_a_test_or_says_why_there_is_none()
    {
        string[] silent = [.. s_rows.Where(row => Row().IsMatch(row) && !TestName().IsMatch(row) && !Reason().IsMatch(row))];
        Assert.Empty(silent);
    }

    [Fact]
    public void Every_test_that_is_named_exists()
    {
        ILookup<string, string> sources = Directory.EnumerateFiles(Repository.PathOf("tests"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .ToLookup(path => Path.GetFileNameWithoutExtension(path)!);
        string[] missing = [.. s_rows
            .SelectMany(row => TestName().Matches(row))
            .Where(name => !Exists(name.Groups["class"].Value, name.Groups["method"].Value, sources))
            .Select(name => name.Value)];
        Assert.Empty(missing);
    }

    /// <summary>Tests of this assembly by reflection, tests of the others by their sources.</summary>
    private static bool Exists(string type, string method, ILookup<string, string> sources) =>
        typeof(ScenarioListTests).Assembly.GetTypes().FirstOrDefault(candidate => candidate.Name == type) is { } found
            ? found.GetMethod(method) is { } test && test.GetCustomAttributes<FactAttribute>().Any()
            : sources[type].Any(path => Regex.IsMatch(File.ReadAllText(path), $@"public (async Task|void) {method}\("));

    private static int NumberOf(Match row) => int.Parse(row.Groups["number"].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\| (?<number>[0-9]+) \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"`(?<class>[A-Z][A-Za-z]+)\.(?<method>[A-Z]\w*_\w+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"\| \*(Not here|Not a test|Cannot happen|Against the rules)\*: ")]
    private static partial Regex Reason();
}
