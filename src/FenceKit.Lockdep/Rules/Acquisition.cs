// SPDX-License-Identifier: MIT
using System.Globalization;
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Rules;

/// <summary>One acquisition under examination: who wants what, how, and what is held.</summary>
internal sealed class Acquisition
{
    public required LockHolder Stack { get; init; }

    public required LockMap Map { get; init; }

    public required ChainRecord Record { get; init; }

    public required object? NestedIn { get; init; }

    /// <summary>What is held below: the whole stack when something is taken, only the lower part when a held lock is judged again.</summary>
    public required SituationItem[] Held { get; init; }

    /// <summary>It is not known yet what else guards this: nothing is concluded from the instances.</summary>
    public bool IsTentative { get; init; }

    /// <summary>Of these locks it is not known whether whoever has taken them waits for this: what follows is likely at most.</summary>
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

    /// <summary>The same, now that it is known.</summary>
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

    /// <summary>What a finding rests on while it is not known whether whoever holds some locks waits for what goes on under them.</summary>
    public static string IsAwaited(LockMap[] uncertain)
        => $"whoever has taken {string.Join(" and ", uncertain.Distinct())} awaits what goes on meanwhile; of a call that is not awaited say so with TrackedTask.Start";

    public static string NameOf(Thread thread) => string.IsNullOrEmpty(thread.Name)
        ? string.Create(CultureInfo.InvariantCulture, $"thread {thread.ManagedThreadId}")
        : string.Create(CultureInfo.InvariantCulture, $"thread {thread.ManagedThreadId} \"{thread.Name}\"");
}
