// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace FenceKit.Lockdep.Formats;

/// <summary>The graph as DOT and as a Mermaid flowchart.</summary>
internal static class GraphFormats
{
    public static string WriteDot(LockReport report)
    {
        HashSet<(string From, string To)> bad = report.BadSteps();
        var text = new StringBuilder("digraph lock_order {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"Helvetica\"];\n");
        foreach (string name in report.ClassNames())
        {
            text.Append("  ").Append(Quote(name)).Append(";\n");
        }

        foreach ((string from, string to) in Steps(report, bad))
        {
            text.Append("  ").Append(Quote(from)).Append(" -> ").Append(Quote(to));
            text.Append(bad.Contains((from, to)) ? " [color=red, penwidth=2];\n" : ";\n");
        }

        return text.Append("}\n").ToString();
    }

    public static string WriteMermaid(LockReport report)
    {
        HashSet<(string From, string To)> bad = report.BadSteps();
        List<string> names = report.ClassNames();
        var text = new StringBuilder("flowchart LR\n");
        for (int i = 0; i < names.Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"  n{i}[\"{Entities(names[i])}\"]\n");
        }

        var red = new List<int>();
        int index = 0;
        foreach ((string from, string to) in Steps(report, bad))
        {
            text.Append(CultureInfo.InvariantCulture, $"  n{names.IndexOf(from)} --> n{names.IndexOf(to)}\n");
            if (bad.Contains((from, to)))
            {
                red.Add(index);
            }

            index++;
        }

        if (red.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"  linkStyle {string.Join(',', red)} stroke:red,stroke-width:3px\n");
        }

        return text.ToString();
    }

    private static SortedSet<(string From, string To)> Steps(LockReport report, HashSet<(string From, string To)> bad)
    {
        var byName = Comparer<(string From, string To)>.Create(static (left, right) =>
            LockReport.CompareNames(left.From, right.From) is var order and not 0 ? order : LockReport.CompareNames(left.To, right.To));
        var steps = new SortedSet<(string From, string To)>(bad, byName);
        foreach (LockDependency dependency in report.Dependencies)
        {
            steps.Add((dependency.From, dependency.To));
        }

        return steps;
    }

    private static string Quote(string name)
        => $"\"{WellFormed.Of(name).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    // Also escapes what Mermaid would parse as an entity or, at both ends, as Markdown.
    private static string Entities(string name) => WellFormed.Of(name)
        .Replace("#", "#35;", StringComparison.Ordinal)
        .Replace("&", "#amp;", StringComparison.Ordinal)
        .Replace("`", "#96;", StringComparison.Ordinal)
        .Replace("\"", "#quot;", StringComparison.Ordinal)
        .Replace("<", "#lt;", StringComparison.Ordinal);
}
