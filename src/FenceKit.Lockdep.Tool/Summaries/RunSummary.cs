// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Reports;
using FenceKit.Lockdep.Tool.Suppressions;
using Spectre.Console;

namespace FenceKit.Lockdep.Tool.Summaries;

/// <summary>The summary at the end of a run: the findings in short, what was left out, and where the full report is.</summary>
/// <remarks>
/// Contains rules and tables in an interactive terminal, and one line for each fact in a pipe. It goes to standard error, because standard
/// output belongs to the program.
/// </remarks>
internal sealed class RunSummary
{
    private const int MostFindings = 20;
    private const int MostAssemblies = 10;

    private readonly RunReport _report;

    /// <summary>Creates the summary of a run.</summary>
    /// <param name="report">The findings that are not suppressed, and the facts of the run.</param>
    public RunSummary(RunReport report) => _report = report;

    /// <summary>The suppression file and its effect, or null.</summary>
    public (string Path, SuppressionOutcome Outcome)? Suppressions { get; init; }

    /// <summary>The lowest confidence at which a finding counts.</summary>
    public LockConfidence FailOn { get; init; } = LockConfidence.Likely;

    /// <summary>Whether all processes have written their last report.</summary>
    public bool IsWhole { get; init; } = true;

    /// <summary>The path of the full report, or null if none was requested.</summary>
    public string? FullReport { get; init; }

    /// <summary>Writes the summary to standard error.</summary>
    public void Write(Terminal terminal)
    {
        if (terminal.IsErrorSeen)
        {
            WriteRule(terminal);
        }

        Line(terminal, Verdict(), _report.Locks.Violations.Any(violation => violation.Confidence >= FailOn) ? Tone.Bad : IsWhole ? Tone.Good : Tone.Doubtful);
        int number = 0;
        foreach (LockViolation violation in _report.Locks.Violations.Take(MostFindings))
        {
            WriteFinding(terminal, violation, ++number);
        }

        foreach (string line in Tail())
        {
            Line(terminal, line);
        }
    }

    private string Verdict()
    {
        int all = _report.Locks.Violations.Count, counting = _report.Locks.Violations.Count(violation => violation.Confidence >= FailOn);
        string from = $"at {FailOn.ToString().ToLowerInvariant()} or above";
        int orders = _report.Locks.Dependencies.Count;
        return all == 0 && !IsWhole ? $"Not all is known: none of the {orders} lock orders that were seen can hang, and something is missing (see above)."
            : all == 0 && orders == 0 ? "No finding: no lock was seen to be taken inside another one."
            : all == 0 ? $"No finding: none of the {orders} lock orders that were seen can hang."
            : $"{(all == 1 ? "1 finding" : $"{all} findings")}, {(counting == all ? "all" : counting == 0 ? "none" : $"{counting}")} {from}.";
    }

    private static void WriteFinding(Terminal terminal, LockViolation violation, int number)
    {
        Line(terminal, "");
        Line(terminal, $"{number}. {FindingText.HeadOf(violation)}", ToneOf(violation.Confidence));
        Line(terminal, $"   {violation.Message}");
        if (violation.Assumption is { } assumption)
        {
            Line(terminal, $"   Assumes: {assumption}");
        }

        if (violation.Dependencies.Count == 0 && violation.Lock is { } single && FindingText.KnownPlaceOf(single) is { } place)
        {
            Line(terminal, $"   {single.ClassName} {place}");
        }
        else if (terminal.IsErrorSeen && violation.Dependencies.Count > 0)
        {
            WriteTable(terminal, violation);
        }
        else
        {
            foreach (LockViolationEdge edge in violation.Dependencies)
            {
                Line(terminal, $"   {edge}: {FindingText.PlacesOf(edge)}");
            }
        }
    }

    // The terminal library is not even loaded if the output is not interactive.
    private static void WriteRule(Terminal terminal) => terminal.ErrorConsole.Write(new Rule("fencekit-lockdep") { Justification = Justify.Left });

    private static void WriteTable(Terminal terminal, LockViolation violation)
    {
        Table table = new Table { Border = TableBorder.Rounded, ShowRowSeparators = true }.AddColumns("held", "wanted", "seen");
        foreach (LockViolationEdge edge in violation.Dependencies)
        {
            table.AddRow(Cell(edge.Held), Cell(edge.Wanted), new Text(Printable.Of(edge.Origin ?? edge.Thread)));
        }

        terminal.ErrorConsole.Write(table);

        static Text Cell(HeldLock held) => new($"{Printable.Of(held.ClassName)}\n{Printable.Of(FindingText.PlaceOf(held))}");
    }

    private IEnumerable<string> Tail()
    {
        yield return "";
        if (_report.Locks.Violations.Count - MostFindings is > 0 and var more)
        {
            yield return $"{more} more {(more == 1 ? "is" : "are")} in the full report.";
        }

        if (Suppressions is { } suppressions)
        {
            foreach (string line in SuppressionSummary.LinesOf(suppressions.Path, suppressions.Outcome))
            {
                yield return line;
            }
        }

        if (_report.Run is { } run)
        {
            foreach (string line in AssembliesOf(run))
            {
                yield return line;
            }

            if (run.ExitCode != 0)
            {
                yield return $"The program itself ended with {run.ExitCode}.";
            }
        }

        yield return FullReport is { } path ? $"Stacks and the graph: {path}"
            : "Stacks and the graph: run again with --html FILE, or with --json FILE for fencekit-lockdep report.";
    }

    private static IEnumerable<string> AssembliesOf(RunFacts run)
    {
        AssemblyOutcome[] left = [.. run.Assemblies.Where(static assembly => !assembly.IsRewritten)];
        int rewritten = run.Assemblies.Count - left.Length;
        yield return $"Locks were seen in {(rewritten == 1 ? "1 assembly" : $"{rewritten} assemblies")}"
            + (left.Length switch { 0 => ".", 1 => "; 1 was left as it is:", _ => $"; {left.Length} were left as they are:" });
        foreach (AssemblyOutcome assembly in left.Take(MostAssemblies))
        {
            yield return $"   {assembly.Name}: {assembly.Reason ?? "no reason is known"}";
        }

        if (left.Length > MostAssemblies)
        {
            yield return $"   and {left.Length - MostAssemblies} more, all in the JSON";
        }
    }

    private static void Line(Terminal terminal, string text, Tone tone = Tone.Plain)
    {
        if (terminal.IsErrorSeen)
        {
            WriteSeen(terminal, text, tone);
        }
        else
        {
            terminal.Error.WriteLine(Printable.Of(text));
        }
    }

    private static void WriteSeen(Terminal terminal, string text, Tone tone)
    {
        IAnsiConsole console = terminal.ErrorConsole;
        Color color = tone switch { Tone.Bad => Color.Red, Tone.Good => Color.Green, Tone.Doubtful => Color.Yellow, _ => Color.Default };
        console.Write(new Text(Printable.Of(text), new Style(color)));
        console.WriteLine();
    }

    private static Tone ToneOf(LockConfidence confidence) => confidence switch
    {
        LockConfidence.Certain => Tone.Bad,
        LockConfidence.Likely => Tone.Doubtful,
        _ => Tone.Plain,
    };

    private enum Tone
    {
        Plain,
        Good,
        Doubtful,
        Bad,
    }
}
