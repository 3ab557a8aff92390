// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Reports;

namespace FenceKit.Lockdep.Tool.Suppressions;

/// <summary>The effect of suppressions on a report.</summary>
/// <param name="Left">The report without the suppressed findings; the graph is complete.</param>
/// <param name="Suppressed">The number of suppressed findings.</param>
/// <param name="Unmatched">Valid lines that no finding matched.</param>
/// <param name="Expired">Expired lines.</param>
internal sealed record SuppressionOutcome(LockReport Left, int Suppressed, IReadOnlyList<Suppression> Unmatched, IReadOnlyList<Suppression> Expired);

/// <summary>Accepted findings, in a text file that can be reviewed.</summary>
/// <remarks>Immutable and thread safe.</remarks>
internal sealed class SuppressionFile
{
    /// <summary>Suppresses nothing.</summary>
    public static readonly SuppressionFile None = new([]);

    private readonly IReadOnlyList<Suppression> _lines;

    public SuppressionFile(IReadOnlyList<Suppression> lines) => _lines = lines;

    /// <summary>Reads a file.</summary>
    /// <exception cref="ToolException">The file cannot be read, or a line is invalid.</exception>
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

    /// <summary>Removes the suppressed findings from a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="clock">The clock for the current day.</param>
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

    /// <summary>Creates lines for all findings of a report, each with a comment that describes it.</summary>
    /// <param name="report">The report.</param>
    /// <param name="reason">The reason to accept them.</param>
    /// <param name="until">The last day on which they are valid, or null.</param>
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
