// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace FenceKit.Lockdep;

/// <summary>
/// Formats a report as plain text, always in the same order: what, how certain, the cycle with its stacks, the interleaving, the held
/// locks.
/// </summary>
/// <remarks>Thread safe; allocates.</remarks>
internal static class LockViolationFormatter
{
    private const int MostFrames = 12;

    /// <summary>The report as text of several lines.</summary>
    public static string ToText(LockViolation violation)
    {
        var text = new StringBuilder();
        AppendHead(text, violation);
        AppendDependencies(text, violation);
        AppendInterleaving(text, violation.Table);
        AppendHeld(text, violation);
        return WellFormed.Of(text.ToString());
    }

    private static void AppendHead(StringBuilder text, LockViolation violation)
    {
        text.Append(Title(violation.Kind)).Append(" (").Append(ConfidenceText(violation)).Append(')').AppendLine();
        text.Append("  ").AppendLine(violation.Message);
        if (violation.Assumption is { } assumption)
        {
            text.Append("  Assumes: ").AppendLine(assumption);
        }
    }

    private static void AppendDependencies(StringBuilder text, LockViolation violation)
    {
        for (int i = 0; i < violation.Dependencies.Count; i++)
        {
            LockViolationEdge edge = violation.Dependencies[i];
            text.AppendLine();
            text.Append(CultureInfo.InvariantCulture, $"  {i + 1}. {edge.Held.ClassName} -> {edge.Wanted.ClassName}");
            text.Append("   [").Append(edge.Origin ?? edge.Thread).Append(']').AppendLine();
            AppendLock(text, "held:  ", edge.Held);
            AppendLock(text, "wanted:", edge.Wanted);
        }
    }

    private static void AppendLock(StringBuilder text, string role, HeldLock held)
    {
        text.Append("     ").Append(role).Append(' ').Append(held.ClassName).Append(' ').Append(held.Instance).Append(", ").Append(held.ModeText);
        if (held.Site is { } site)
        {
            text.Append(", at ").Append(site);
        }

        text.AppendLine();
        AppendFrames(text, held.Stack);
    }

    private static void AppendFrames(StringBuilder text, IReadOnlyList<string> frames)
    {
        foreach (string frame in frames.Take(MostFrames))
        {
            text.Append("          at ").AppendLine(frame);
        }

        if (frames.Count > MostFrames)
        {
            text.Append("          ... and ").Append(frames.Count - MostFrames).AppendLine(" more");
        }
    }

    private static void AppendInterleaving(StringBuilder text, LockInterleaving interleaving)
    {
        if (interleaving.Steps.Count == 0)
        {
            return;
        }

        // The width of a column follows from the texts after escaping.
        text.AppendLine().AppendLine("  How it hangs:");
        string[] threads = [.. interleaving.Threads.Select(WellFormed.Of)];
        int[] widths = Array.ConvertAll(threads, static thread => thread.Length);
        foreach ((int Thread, string Text, bool Hangs) step in interleaving.Steps)
        {
            widths[step.Thread] = Math.Max(widths[step.Thread], WellFormed.Of(step.Text).Length);
        }

        AppendRow(text, widths, threads);
        AppendRow(text, widths, Array.ConvertAll(widths, static width => new string('-', width)));
        foreach ((int Thread, string Text, bool Hangs) step in interleaving.Steps)
        {
            var row = new string[widths.Length];
            Array.Fill(row, "");
            row[step.Thread] = WellFormed.Of(step.Text);
            AppendRow(text, widths, row);
        }
    }

    private static void AppendRow(StringBuilder text, int[] widths, string[] cells)
    {
        var line = new StringBuilder("   ");
        for (int i = 0; i < widths.Length; i++)
        {
            line.Append(' ').Append(cells[i].PadRight(widths[i])).Append(i < widths.Length - 1 ? " |" : "");
        }

        text.AppendLine(line.ToString().TrimEnd());
    }

    private static void AppendHeld(StringBuilder text, LockViolation violation)
    {
        text.AppendLine().Append("  Found on ").Append(violation.Thread);
        text.AppendLine(violation.HeldLocks.Count == 0 ? ", which holds nothing." : ", which holds:");
        foreach (HeldLock held in violation.HeldLocks)
        {
            text.Append("     ").Append(held).AppendLine(held.Site is { } site ? $", at {site}" : "");
            if (violation.HasOnlyItsOwnStacks)
            {
                AppendFrames(text, held.Stack);
            }
        }

        if (violation.HasOnlyItsOwnStacks && violation.Stack.Count > 0)
        {
            text.AppendLine().AppendLine("  Found here:");
            AppendFrames(text, violation.Stack);
        }
    }

    internal static string Title(LockViolationKind kind) => kind switch
    {
        LockViolationKind.CircularDependency => "Circular lock dependency",
        LockViolationKind.Recursion => "Recursive locking",
        LockViolationKind.ContextInversion => "Lock inversion with an interrupting context",
        LockViolationKind.InvalidWaitContext => "Invalid wait context",
        LockViolationKind.InvalidNesting => "Invalid nesting",
        LockViolationKind.NotHeld => "Lock is not held",
        LockViolationKind.UnexpectedlyHeld => "Lock is held unexpectedly",
        LockViolationKind.WrongMode => "Lock is held in the wrong mode",
        LockViolationKind.PinBroken => "Broken pin",
        LockViolationKind.ReinitializedWhileHeld => "Lock was initialized again or disposed while held",
        LockViolationKind.HeldAtThreadEnd => "Lock is still held at the end of its thread",
        LockViolationKind.WaitInSection => "Wait in a section that must not wait",
        LockViolationKind.AllocationInSection => "Allocation in a section that must not allocate",
        LockViolationKind.HeldOverAwait => "Lock of a thread is held over an await",
        _ => "Broken lock protocol",
    };

    internal static string ConfidenceText(LockViolation violation)
    {
        string text = violation.Confidence switch
        {
            LockConfidence.Certain => "certain",
            LockConfidence.Likely => "likely",
            _ => "possible",
        };
        return violation.RaisedFrom is { } before ? $"{text}, reported as {before.ToString().ToLowerInvariant()} before" : text;
    }
}
