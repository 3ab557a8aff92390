// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>A finding: what is wrong, how certain that is, and the evidence. Immutable and thread safe.</summary>
[DebuggerDisplay("{Kind}, {Confidence}: {Message,nq}")]
public sealed record LockViolation
{
    internal LockViolation(LockViolationKind kind, LockConfidence confidence, string message)
    {
        Kind = kind;
        Confidence = confidence;
        Message = message;
    }

    /// <summary>The kind of the finding.</summary>
    public LockViolationKind Kind { get; }

    /// <summary>The confidence of the finding.</summary>
    public LockConfidence Confidence { get; internal init; }

    /// <summary>The finding in one sentence.</summary>
    public string Message { get; }

    /// <summary>The dependencies that make up the smallest cycle, or the path of an inversion; empty for misuse of a single lock.</summary>
    public IReadOnlyList<LockViolationEdge> Dependencies { get; internal init; } = [];

    /// <summary>The lock that the reporting thread was acquiring or operating on.</summary>
    public HeldLock? Lock { get; internal init; }

    /// <summary>The locks that the reporting thread held, outermost first.</summary>
    public IReadOnlyList<HeldLock> HeldLocks { get; internal init; } = [];

    /// <summary>
    /// How the threads deadlock, from the first event to the last: the thread, what it does in a few words, and whether it never gets past
    /// this line. Empty for a finding without a deadlock. A copy.
    /// </summary>
    public IReadOnlyList<(string Thread, string Text, bool Hangs)> Interleaving =>
        [.. Table.Steps.Select(step => (Table.Threads[step.Thread], step.Text, step.Hangs))];

    /// <summary>The thread that found it.</summary>
    public string Thread { get; internal init; } = "";

    /// <summary>
    /// The call stack of the thread that found it, innermost frame first, as in <see cref="HeldLock.Stack"/>; empty if none was captured.
    /// </summary>
    public IReadOnlyList<string> Stack => Trace?.Frames ?? [];

    /// <summary>The assumption under which it can happen, when it is not certain.</summary>
    public string? Assumption { get; internal init; }

    /// <summary>The confidence of an earlier report of the same finding, when later evidence has raised it.</summary>
    public LockConfidence? RaisedFrom { get; internal init; }

    /// <summary>An identifier that is the same for all reports of the same finding, in this run and in others.</summary>
    public string Key { get; internal init; } = "";

    /// <summary>The names of the classes in the cycle or path, each once, in order.</summary>
    public IReadOnlyList<string> ClassNames => field ??= NamesOf(this);

    internal LockInterleaving Table { get; init; } = LockInterleaving.None;

    internal LockTrace? Trace { get; init; }

    /// <summary>
    /// True for a finding without dependencies, which could show stacks: for example a recursion, or a lock held across an await.
    /// </summary>
    internal bool HasOnlyItsOwnStacks => Dependencies.Count == 0;

    /// <summary>True when all classes of the finding were declared; only then is <see cref="LockConfidence.Possible"/> reported.</summary>
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
