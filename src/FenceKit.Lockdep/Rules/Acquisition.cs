// SPDX-License-Identifier: MIT
using System.Globalization;
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Rules;

/// <summary>An acquisition that is being examined: the thread, the wanted lock with its mode, and the held locks.</summary>
internal sealed class Acquisition
{
    public required LockHolder Stack { get; init; }

    public required LockMap Map { get; init; }

    public required ChainRecord Record { get; init; }

    public required object? NestedIn { get; init; }

    /// <summary>
    /// The locks held below this one: the whole held list for a new acquisition, or its lower part when a held lock is examined again.
    /// </summary>
    public required SituationItem[] Held { get; init; }

    /// <summary>True while it is not known what else guards this acquisition: no conclusions are drawn from the instances yet.</summary>
    public bool IsTentative { get; init; }

    /// <summary>The held locks whose holder may not wait for this acquisition; findings that rest on them are at most likely.</summary>
    public LockMap[] Uncertain { get; init; } = [];

    public LockClass Class => Record.Class;

    public LockAcquireMode Mode => Record.Mode;

    public LockAttempt Attempt => Record.Attempt;

    public string Thread
    {
        get => field ??= Stack.FlowName ?? NameOf(Stack.Thread);
        init;
    }

    public SituationItem Want => new(Map, Record);

    /// <summary>A copy that is not tentative.</summary>
    public Acquisition AsCertain() => new()
    {
        Stack = Stack,
        Map = Map,
        Record = Record,
        NestedIn = NestedIn,
        Held = Held,
        IsTentative = IsTentative,
        Thread = Thread,
    };

    public HeldLock Describe() => Want.Describe();

    public HeldLock[] DescribeHeld() => Array.ConvertAll(Held, static item => item.Describe());

    public LockViolation Violation(LockViolationKind kind, LockConfidence confidence, string message) => new(kind, confidence, message)
    {
        Lock = Describe(),
        HeldLocks = DescribeHeld(),
        Thread = Thread,
        Trace = Record.Stack,
        IsDeclared = Class.IsDeclared,
        Key = $"{kind}|{HeldLock.NameOf(Class, Record.Subclass)}|{Record.Site}",
    };

    /// <summary>
    /// The assumption of a finding that involves uncertain locks: that their holder waits for the work that runs under them.
    /// </summary>
    public static string IsAwaited(LockMap[] uncertain)
        => $"the code that has taken {string.Join(" and ", uncertain.Distinct())} awaits what goes on meanwhile; of a call that is not awaited say so with TrackedTask.Start";

    public static string NameOf(Thread thread) => string.IsNullOrEmpty(thread.Name)
        ? string.Create(CultureInfo.InvariantCulture, $"thread {thread.ManagedThreadId}")
        : string.Create(CultureInfo.InvariantCulture, $"thread {thread.ManagedThreadId} \"{thread.Name}\"");
}
