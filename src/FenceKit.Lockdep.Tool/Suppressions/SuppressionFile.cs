// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Reports;

namespace FenceKit.Lockdep.Tool.Suppressions;

/// <summary>What suppressions have done to a report.</summary>
/// <param name="Left">The report without what is suppressed; the graph is whole.</param>
/// <param name="Suppressed">How many findings are left out.</param>
/// <param name="Unmatched">Lines that count and that no finding matched.</param>
/// <param name="Expired">Lines that no longer count.</param>
internal sealed record SuppressionOutcome(LockReport Left, int Suppressed, IReadOnlyList<Suppression> Unmatched, IReadOnlyList<Suppression> Expired);

/// <summary>Findings that somebody has looked at and left, in a text file that a review can read.</summary>
/// <remarks>Immutable and thread safe.</remarks>
internal sealed class SuppressionFile
{
    /// <summary>Suppresses nothing.</summary>
    public static readonly SuppressionFile None = new([]);

    private readonly IReadOnlyList<Suppression> _lines;

    public SuppressionFile(IReadOnlyList<Suppression> lines) => _lines = lines;

    /// <summary>Reads a file.</summary>
    /// <exception cref="ToolException">It cannot be read, or a line is wrong.</exception>
    public static SuppressionFile Read(string path)
    {
        try
        {
            return new SuppressionFile(SuppressionText.Read(ReportFiles.Read(path)));
        }
        catch (FormatException error)
        {
            throw new ToolException($"{path}: {error.Message}", error);
        }
    }

    /// <summary>Takes what is suppressed out of a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="clock">Says which day it is.</param>
    public SuppressionOutcome Apply(LockReport report, TimeProvider clock)
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        Suppression[] counting = [.. _lines.Where(line => line.CountsOn(today))];
        var used = new HashSet<Suppression>(ReferenceEqualityComparer.Instance);
        var suppressed = new HashSet<LockViolation>(ReferenceEqualityComparer.Instance);
        foreach (LockViolation violation in report.Violations)
        {
            if (Array.Find(counting, line => line.Matches(violation)) is { } match)
            {
                used.Add(match);
                suppressed.Add(violation);
            }
        }

        return new SuppressionOutcome(
            report.Where(violation => !suppressed.Contains(violation)), suppressed.Count, [.. counting.Where(line => !used.Contains(line))],
            [.. _lines.Where(line => !line.CountsOn(today))]);
    }

    /// <summary>Lines for all findings of a report, each with a remark that says what it is about.</summary>
    /// <param name="report">The report.</param>
    /// <param name="reason">Why they may stay.</param>
    /// <param name="until">The last day on which they count, or null.</param>
    public static string Write(LockReport report, string reason, DateOnly? until)
    {
        var lines = new List<string> { "# Findings that may stay. KIND CLASS -> CLASS ... [until YYYY-MM-DD] because REASON" };
        foreach (LockViolation violation in report.Violations)
        {
            string place = (violation.Dependencies.Count > 0 ? violation.Dependencies[0].Wanted.Site : violation.Lock?.Site) is { } site ? $", at {site}" : "";
            lines.Add($"# {violation.Confidence.ToString().ToLowerInvariant()}{Printable.Of(place)}");
            lines.Add(Suppression.For(violation, reason, until)?.ToString()
                ?? $"# {violation.Kind} names no class and cannot be suppressed: {Printable.Of(violation.Message)}");
        }

        return string.Join('\n', lines) + "\n";
    }
}
