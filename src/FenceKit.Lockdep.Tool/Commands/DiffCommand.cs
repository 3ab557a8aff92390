// SPDX-License-Identifier: MIT
using System.CommandLine;
using FenceKit.Lockdep.Tool.Reports;

namespace FenceKit.Lockdep.Tool.Commands;

/// <summary><c>diff OLD NEW</c>: which lock orders are new, and where they were observed.</summary>
internal sealed class DiffCommand : Command
{
    private readonly Argument<string> _old = new("OLD") { Description = "The order of locks before: a snapshot, or a report in JSON." };
    private readonly Argument<string> _new = new("NEW") { Description = "The order of locks now; a report also says where each was seen." };
    private readonly Terminal _terminal;

    public DiffCommand(Terminal terminal)
        : base("diff", "Compares the lock orders of two runs. Exit code 1 if the newer one has something new.")
    {
        _terminal = terminal;
        Add(_old);
        Add(_new);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        (LockOrderSnapshot older, _) = Read(parsed.GetValue(_old)!);
        (LockOrderSnapshot newer, IReadOnlyList<LockDependency> seen) = Read(parsed.GetValue(_new)!);
        (IReadOnlyList<LockDependency> added, IReadOnlyList<LockDependency> removed) = older.Compare(newer);
        if (added.Count + removed.Count == 0)
        {
            _terminal.Output.WriteLine("The same orders of locks.");
            return ExitCodes.Clean;
        }

        Write(added, removed, seen);
        return added.Count > 0 ? ExitCodes.Found : ExitCodes.Clean;
    }

    private void Write(IReadOnlyList<LockDependency> added, IReadOnlyList<LockDependency> removed, IReadOnlyList<LockDependency> seen)
    {
        Dictionary<(string, string), LockViolationEdge> places = seen.ToDictionary(static edge => (edge.From, edge.To), static edge => edge.Evidence!);
        if (added.Count > 0)
        {
            _terminal.Output.WriteLine(added.Count == 1 ? "1 order of locks is new:" : $"{added.Count} orders of locks are new:");
        }

        foreach (LockDependency entry in added)
        {
            _terminal.Output.WriteLine(Printable.Of($"  {entry.From} -> {entry.To} ({entry.Kinds})"));
            if (places.TryGetValue((entry.From, entry.To), out LockViolationEdge? edge))
            {
                _terminal.Output.WriteLine(Printable.Of($"    {FindingText.PlacesOf(edge)}"));
            }
        }

        if (removed.Count > 0)
        {
            _terminal.Output.WriteLine(removed.Count == 1 ? "1 was not seen again." : $"{removed.Count} were not seen again.");
        }
    }

    private static (LockOrderSnapshot Order, IReadOnlyList<LockDependency> Seen) Read(string path)
    {
        string text = ReportFiles.Read(path);
        try
        {
            if (!text.AsSpan().TrimStart().StartsWith("{"))
            {
                return (LockOrderSnapshot.Parse(text), []);
            }

            // Merged with itself only, because a file from elsewhere may list a pair of classes twice.
            var report = LockReport.Merge([LockReport.Parse(text)]);
            return (report.ToSnapshot(), report.Dependencies);
        }
        catch (FormatException error)
        {
            throw new ToolException($"{path}: {error.Message}", error);
        }
    }
}
