// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>One report: what is wrong, how sure it is, and everything needed to see why. Immutable and thread safe.</summary>
[DebuggerDisplay("{Kind}, {Confidence}: {Message,nq}")]
public sealed record LockViolation
{
    internal LockViolation(LockViolationKind kind, LockConfidence confidence, string message)
    {
        Kind = kind;
        Confidence = confidence;
        Message = message;
    }

    /// <summary>What it is about.</summary>
    public LockViolationKind Kind { get; }

    /// <summary>How sure it is.</summary>
    public LockConfidence Confidence { get; internal init; }

    /// <summary>One sentence.</summary>
    public string Message { get; }

    /// <summary>The dependencies that make up the smallest cycle, or the path of an inversion; empty for misuse of a single lock.</summary>
    public IReadOnlyList<LockViolationEdge> Dependencies { get; internal init; } = [];

    /// <summary>The lock that the reporting thread was about to take or had in hand.</summary>
    public HeldLock? Lock { get; internal init; }

    /// <summary>What the reporting thread held, outermost first.</summary>
    public IReadOnlyList<HeldLock> HeldLocks { get; internal init; } = [];

    /// <summary>
    /// How the threads hang, from the first event to the last: which thread, what it does in a few words, and whether it never gets past this
    /// line. Empty where nothing hangs. A copy.
    /// </summary>
    public IReadOnlyList<(string Thread, string Text, bool Hangs)> Interleaving =>
        [.. Table.Steps.Select(step => (Table.Threads[step.Thread], step.Text, step.Hangs))];

    /// <summary>The thread on which it was found.</summary>
    public string Thread { get; internal init; } = "";

    /// <summary>The call stack with which it was found, innermost first, as in <see cref="HeldLock.Stack"/>; empty if none was captured.</summary>
    public IReadOnlyList<string> Stack => Trace?.Frames ?? [];

    /// <summary>What must be assumed for it to happen, when it is not certain.</summary>
    public string? Assumption { get; internal init; }

    /// <summary>The confidence with which the same finding was reported before, when later evidence raised it.</summary>
    public LockConfidence? RaisedFrom { get; internal init; }

    /// <summary>The same for two reports of the same finding, in this run and in others.</summary>
    public string Key { get; internal init; } = "";

    /// <summary>The names of the classes in the cycle or path, each once, in order.</summary>
    public IReadOnlyList<string> ClassNames => field ??= NamesOf(this);

    internal LockInterleaving Table { get; init; } = LockInterleaving.None;

    internal LockTrace? Trace { get; init; }

    /// <summary>There is no step that could show them: a lock that is taken again, or held over an await.</summary>
    internal bool HasOnlyItsOwnStacks => Dependencies.Count == 0;

    /// <summary>True when the finding rests on classes that somebody declared; only then is <see cref="LockConfidence.Possible"/> reported.</summary>
    internal bool IsDeclared { get; init; } = true;

    /// <summary>The complete text of the report.</summary>
    public override string ToString() => LockViolationFormatter.ToText(this);

    private static string[] NamesOf(LockViolation violation)
    {
        var names = new List<string>();
        foreach (LockViolationEdge edge in violation.Dependencies)
        {
            AddOnce(names, edge.Held.ClassName);
            AddOnce(names, edge.Wanted.ClassName);
        }

        if (names.Count == 0 && violation.Lock is { } single)
        {
            names.Add(single.ClassName);
        }

        return [.. names];
    }

    private static void AddOnce(List<string> names, string name)
    {
        if (!names.Contains(name))
        {
            names.Add(name);
        }
    }
}
