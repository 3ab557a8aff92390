// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>Something that a started task wanted, and what it held itself then.</summary>
/// <remarks>
/// Tentative: whoever started the task held something then. Whether that guards the task is known when somebody waits for it, or when it is let go.
/// </remarks>
internal sealed record ForkedWant(HeldStep[] Held, LockMap Map, ChainRecord Record, string Thread, bool IsTentative);

/// <summary>Somebody waits for a task with locks held; perhaps as a part of another task.</summary>
internal sealed record ForkJoin(HeldStep[] Held, LockFork? Outer, string Thread, bool Blocks)
{
    /// <summary>Of these it is not known whether whoever has taken them waits for the one that waits.</summary>
    public LockMap[] Uncertain { get; init; } = [];

    public bool Holds(LockMap map) => Array.Exists(Held, step => ReferenceEquals(step.Map, map));
}

/// <summary>
/// A task that was started: what it wants is written down, and counts under somebody's locks from the moment on at which that one waits for it.
/// Fire-and-forget adds nothing.
/// </summary>
internal sealed class LockFork
{
    /// <summary>A task that takes more different ones is remembered by the first; the rest is counted.</summary>
    public const int MostWants = 512;

    private readonly UninterruptedLock _gate = new();
    private readonly Dictionary<ulong, ForkedWant> _wants = [];
    private readonly Dictionary<ulong, ForkJoin> _joins = [];

    /// <summary>It goes on with threads of the pool.</summary>
    public bool NeedsPool { get; init; }

    /// <summary>Made by somebody who can be asked for it later, so that it is written down even if nobody holds anything now.</summary>
    public bool IsExplicit { get; init; }

    /// <summary>The beginning; behind it is what was held by whoever started the task.</summary>
    public FlowNode? Start { get; set; }

    /// <summary>Nobody will wait for it while he holds what he held at the beginning: whoever started it has said so.</summary>
    public bool IsDetached { get; init; }

    /// <summary>Locks of the thread that started it. Nobody tells when they are let go; whoever waits has them or not.</summary>
    public HeldStep[] Guards { get; init; } = [];

    /// <summary>Whether what was held at the beginning is held still, as far as is known.</summary>
    public bool IsTentative => !IsDetached && (Guards.Length > 0 || FlowNode.HoldsAnything(Start?.Parent));

    /// <summary>What was wanted before it was known whether the task is on its own; each is handed out once.</summary>
    public ForkedWant[] TakeUndecided()
    {
        using (_gate.EnterScope())
        {
            ulong[] keys = [.. _wants.Where(static pair => pair.Value.IsTentative).Select(static pair => pair.Key)];
            return Array.ConvertAll(keys, key => _wants[key] = _wants[key] with { IsTentative = false });
        }
    }

    /// <summary>Whether somebody was seen to wait for it: what it wants is then judged with what he holds, and not alone.</summary>
    public bool IsJoined
    {
        get
        {
            using (_gate.EnterScope())
            {
                return _joins.Count > 0;
            }
        }
    }

    /// <summary>What it has wanted so far.</summary>
    public ForkedWant[] Wants
    {
        get
        {
            using (_gate.EnterScope())
            {
                return [.. _wants.Values];
            }
        }
    }

    /// <summary>Whether a want is written down.</summary>
    public bool Knows(ulong key)
    {
        using (_gate.EnterScope())
        {
            return _wants.ContainsKey(key);
        }
    }

    /// <summary>Writes a want down. Returns who waits already; null if it is known, or if there is no room.</summary>
    public ForkJoin[]? Add(ulong key, ForkedWant want, out bool isFull)
    {
        using (_gate.EnterScope())
        {
            isFull = false;
            if (_wants.ContainsKey(key))
            {
                return null;
            }

            isFull = _wants.Count >= MostWants;
            if (!isFull)
            {
                _wants.Add(key, want);
            }

            return isFull ? null : [.. _joins.Values];
        }
    }

    /// <summary>Writes down that somebody waits. Returns what the task has wanted so far; null if it is known.</summary>
    public (ulong Key, ForkedWant Want)[]? Add(ulong key, ForkJoin join)
    {
        using (_gate.EnterScope())
        {
            return _joins.TryAdd(key, join) ? [.. _wants.Select(static pair => (pair.Key, pair.Value))] : null;
        }
    }
}
