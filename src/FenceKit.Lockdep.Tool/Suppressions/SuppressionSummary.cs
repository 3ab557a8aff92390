// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Suppressions;

/// <summary>Describes the effect of suppressions: how many findings are left out, and which lines can be removed.</summary>
internal static class SuppressionSummary
{
    public static void Write(TextWriter writer, string path, SuppressionOutcome outcome)
    {
        foreach (string line in LinesOf(path, outcome))
        {
            writer.WriteLine(line);
        }
    }

    public static IEnumerable<string> LinesOf(string path, SuppressionOutcome outcome)
    {
        yield return Printable.Of(outcome.Suppressed == 1 ? $"1 finding is suppressed by {path}." : $"{outcome.Suppressed} findings are suppressed by {path}.");
        if (outcome.Unmatched.Count > 0)
        {
            yield return $"{Count(outcome.Unmatched)} matched nothing and can go: {Numbers(outcome.Unmatched)}.";
        }

        if (outcome.Expired.Count > 0)
        {
            string count = outcome.Expired.Count == 1 ? "counts" : "count";
            yield return $"{Count(outcome.Expired)} no longer {count}, for the day is over: {Numbers(outcome.Expired)}.";
        }
    }

    private static string Count(IReadOnlyList<Suppression> lines) => lines.Count == 1 ? "1 line" : $"{lines.Count} lines";

    private static string Numbers(IReadOnlyList<Suppression> lines) => string.Join(", ", lines.Select(static line => $"line {line.Line}"));
}
