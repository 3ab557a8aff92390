// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using FenceKit.Lockdep.Tool.Reports;
using FenceKit.Lockdep.Tool.Suppressions;

namespace FenceKit.Lockdep.Tool.Commands;

/// <summary><c>report FILE...</c>: converts reports of runs to a page, a log for code scanning, or text.</summary>
internal sealed class ReportCommand : Command
{
    private readonly Argument<string[]> _files = new("FILE") { Description = "Reports in JSON; several are merged.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "Where it goes; standard output unless said otherwise.",
        HelpName = "FILE",
    };
    private readonly Option<string?> _suppress = new("--suppress") { Description = "Leaves out the findings that this file lists.", HelpName = "FILE" };
    private readonly Option<string> _reason = new("--reason")
    {
        Description = "With --suppressions: why the findings may stay.",
        DefaultValueFactory = static _ => SuppressionText.MissingReason,
    };
    private readonly Option<DateOnly?> _until = new("--until")
    {
        Description = "With --suppressions: the last day on which they count.",
        HelpName = "YYYY-MM-DD",
        CustomParser = ReadDay,
    };
    private readonly Dictionary<Option<bool>, ReportFormat> _formats = new()
    {
        [new Option<bool>("--text") { Description = "Plain text (default)." }] = ReportFormat.Text,
        [new Option<bool>("--json") { Description = "JSON, which this command reads again." }] = ReportFormat.Json,
        [new Option<bool>("--sarif") { Description = "SARIF 2.1.0, for code scanning." }] = ReportFormat.Sarif,
        [new Option<bool>("--html") { Description = "One page that needs nothing else, with the graph drawn." }] = ReportFormat.Html,
        [new Option<bool>("--dot") { Description = "The graph for Graphviz." }] = ReportFormat.Dot,
        [new Option<bool>("--mermaid") { Description = "The graph for Markdown." }] = ReportFormat.Mermaid,
        [new Option<bool>("--order") { Description = "The order of locks, for diff and for priming a validator." }] = ReportFormat.Order,
        [new Option<bool>("--suppressions") { Description = "Lines for a file of suppressions, one a finding." }] = ReportFormat.Suppressions,
    };
    private readonly Terminal _terminal;
    private readonly TimeProvider _clock;

    public ReportCommand(Terminal terminal, TimeProvider clock)
        : base("report", "Turns the report of a run into a page, a log for code scanning, a text.")
    {
        _terminal = terminal;
        _clock = clock;
        Add(_files);
        foreach (Option<bool> format in _formats.Keys)
        {
            Add(format);
        }

        Add(_output);
        Add(_suppress);
        Add(_reason);
        Add(_until);
        Validators.Add(result =>
        {
            if (_formats.Keys.Count(result.GetValue) > 1)
            {
                result.AddError($"Only one of {string.Join(", ", _formats.Keys.Select(static format => format.Name))} at a time.");
            }
        });
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        ReportFormat format = _formats.FirstOrDefault(pair => parsed.GetValue(pair.Key)).Value;
        RunReport report = ReportReading.FromFiles(parsed.GetValue(_files)!);
        if (parsed.GetValue(_suppress) is { } suppressions)
        {
            SuppressionOutcome outcome = SuppressionFile.Read(suppressions).Apply(report.Locks, _clock);
            report = report with { Locks = outcome.Left, Run = report.Run is { } run ? run with { Suppressed = run.Suppressed + outcome.Suppressed } : null };
            SuppressionSummary.Write(_terminal.Error, suppressions, outcome);
        }

        if (parsed.GetValue(_output) is { } path)
        {
            new ReportFiles().Write(path, TextOf(report, format, parsed));
        }
        else if (format == ReportFormat.Text && _terminal.IsOutputSeen)
        {
            ReportText.Write(_terminal.OutputConsole, report.Locks);
        }
        else
        {
            _terminal.Output.Write(TextOf(report, format, parsed));
        }

        if (report.Locks.Violations.Count == 0 && format == ReportFormat.Text)
        {
            _terminal.Error.WriteLine("Nothing was found.");
        }

        return ExitCodes.Clean;
    }

    private string TextOf(RunReport report, ReportFormat format, ParseResult parsed) => format switch
    {
        ReportFormat.Json => report.ToJson() + Environment.NewLine,
        ReportFormat.Sarif => report.Locks.ToSarif() + Environment.NewLine,
        ReportFormat.Html => report.Locks.ToHtml(),
        ReportFormat.Dot => report.Locks.ToDot(),
        ReportFormat.Mermaid => report.Locks.ToMermaid(),
        ReportFormat.Order => report.Locks.ToSnapshot().ToString(),
        ReportFormat.Suppressions => SuppressionFile.Write(report.Locks, parsed.GetValue(_reason)!, parsed.GetValue(_until)),
        _ => report.Locks.ToText(),
    };

    private static DateOnly? ReadDay(ArgumentResult result)
    {
        string day = result.Tokens[0].Value;
        if (DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly read))
        {
            return read;
        }

        result.AddError($"--until takes a day like 2027-03-31, not \"{day}\".");
        return null;
    }
}
