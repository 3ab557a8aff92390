// SPDX-License-Identifier: MIT
using System.Text;

namespace FenceKit;

// The graph as text, and for Graphviz.
public sealed partial class WaitForGraph
{
    /// <summary>Describes the graph: circles first, then every wait with what holds it up, and with stacks as far as they are known.</summary>
    /// <returns>A text of several lines.</returns>
    public override string ToString()
    {
        StringBuilder text = new();
        foreach (IReadOnlyList<FenceWait> circle in Circles)
        {
            text.AppendLine(circle.Count == 1 ? "Waits for itself:" : $"{circle.Count} wait for each other:");
            foreach (FenceWait wait in circle)
            {
                text.AppendLine($"  {wait}");
            }
        }

        text.AppendLine(Waits.Count switch
        {
            0 => "Nobody waits for a fence.",
            1 => "1 wait:",
            _ => $"{Waits.Count} waits:",
        });
        foreach (FenceWait wait in Waits)
        {
            text.AppendLine($"  {wait}");
            AppendAll(text, "    holds ", wait.Locks);
            if (wait.Issuer is not null)
            {
                text.AppendLine($"    issued by {wait.Issuer}");
            }

            foreach (FenceHolder holder in wait.Holders)
            {
                text.AppendLine($"    held up by {holder}");
                AppendAll(text, "      holds or wants ", holder.Locks);
            }

            AppendAll(text, "    at ", wait.Stack);
        }

        return text.ToString();
    }

    /// <summary>
    /// Returns the graph in the language of Graphviz: boxes are waiters and holders, ellipses are fences, and dashed arrows lead from a fence
    /// to what holds it up.
    /// </summary>
    /// <returns>A digraph.</returns>
    public string ToDot()
    {
        HashSet<FenceWait> onCircle = [.. Circles.SelectMany(static circle => circle)];
        StringBuilder text = new();
        text.AppendLine("digraph WaitFor {");
        text.AppendLine("  rankdir=LR;");
        text.AppendLine("  node [fontname=\"sans-serif\"];");
        HashSet<string> lines = [];
        foreach (FenceWait wait in Waits)
        {
            string fence = Quote($"{wait.Timeline}:{wait.Point}");
            string color = onCircle.Contains(wait) ? ", color=red" : "";
            lines.Add($"  {fence} [shape=ellipse];");
            lines.Add($"  {Quote(wait.Waiter)} [shape=box];");
            lines.Add($"  {Quote(wait.Waiter)} -> {fence} [label=\"waits for\"{color}];");
            foreach (FenceHolder holder in wait.Holders)
            {
                lines.Add($"  {Quote(holder.Name)} [shape=box];");
                lines.Add($"  {fence} -> {Quote(holder.Name)} [style=dashed{color}];");
            }
        }

        foreach (string line in lines)
        {
            text.AppendLine(line);
        }

        text.AppendLine("}");
        return text.ToString();
    }

    private static void AppendAll(StringBuilder text, string before, IReadOnlyList<string> lines)
    {
        foreach (string line in lines)
        {
            text.AppendLine($"{before}{line}");
        }
    }

    // Names may be any text: a backslash would start an escape sequence, and a line break would end the string.
    private static string Quote(string name) => $"\"{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).ReplaceLineEndings(" ")}\"";
}
