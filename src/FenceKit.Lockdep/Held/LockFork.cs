// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>An acquisition of a started task, with the locks that the task itself held at that time.</summary>
/// <remarks>
/// Tentative means that the starter of the task held locks at that time. Whether they guard the task is known when a flow waits for it, or
/// when they are released.
/// </remarks>
internal sealed record ForkedWant(HeldStep[] Held, LockMap Map, ChainRecord Record, string Thread, bool IsTentative);

/// <summary>A wait for a task with locks held, possibly by another task.</summary>
internal sealed record ForkJoin(HeldStep[] Held, LockFork? Outer, string Thread, bool Blocks)
{
    /// <summary>The held locks whose holder may not wait for the waiting code.</summary>
    public LockMap[] Uncertain { get; init; } = [];

    public bool Holds(LockMap map) => Array.Exists(Held, step => ReferenceEquals(step.Map, map));
}

/// <summary>
/// A started task. Its acquisitions are recorded, and checked under the locks of a flow from the moment that flow waits for it. A
/// fire-and-forget task adds nothing.
/// </summary>
internal sealed class LockFork
{
    /// <summary>Of a task with more different acquisitions, the first ones are remembered; the rest is counted.</summary>
    public const int MostWants = 512;

    private readonly UninterruptedLock _gate = new();
    private readonly Dictionary<ulong, ForkedWant> _wants = [];
    private readonly Dictionary<ulong, ForkJoin> _joins = [];

    /// <summary>The task continues on threads of the pool.</summary>
    public bool NeedsPool { get; init; }

    /// <summary>
    /// The start of the task was announced (by TrackedTask or by a rewritten call), so a later wait can find the fork; acquisitions are
    /// recorded even if no locks are held now.
    /// </summary>
    public bool IsExplicit { get; init; }

    /// <summary>The node of the start; the nodes behind it are the locks of the starter.</summary>
    public FlowNode? Start { get; set; }

    /// <summary>The starter has declared that it will not wait for the task while it holds its locks.</summary>
    public bool IsDetached { get; init; }

    /// <summary>Thread-bound locks of the starting thread. Their release is not tracked here; a waiter either holds them or not.</summary>
    public HeldStep[] Guards { get; init; } = [];

    /// <summary>Whether the locks from the start may still be held.</summary>
    public bool IsTentative => !IsDetached && (Guards.Length > 0 || FlowNode.HoldsAnything(Start?.Parent));

    /// <summary>The acquisitions from before it was known whether the task is independent; each is returned once.</summary>
    public ForkedWant[] TakeUndecided()
    {
        using (_gate.EnterScope())
        {
            ulong[] keys = [.. _wants.Where(static pair => pair.Value.IsTentative).Select(static pair => pair.Key)];
            return Array.ConvertAll(keys, key => _wants[key] = _wants[key] with { IsTentative = false });
        }
    }

    /// <summary>
    /// Whether a wait for the task was observed: its acquisitions are then checked together with the waiter's locks, and not alone.
    /// </summary>
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

    /// <summary>The acquisitions so far.</summary>
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

    /// <summary>Whether an acquisition is recorded.</summary>
    public bool Knows(ulong key)
    {
        using (_gate.EnterScope())
        {
            return _wants.ContainsKey(key);
        }
    }

    /// <summary>Records an acquisition. Returns the existing waits; null if it is known already, or if there is no room.</summary>
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

    /// <summary>Records a wait. Returns the acquisitions so far; null if the wait is known already.</summary>
    public (ulong Key, ForkedWant Want)[]? Add(ulong key, ForkJoin join)
    {
        using (_gate.EnterScope())
        {
            return _joins.TryAdd(key, join) ? [.. _wants.Select(static pair => (pair.Key, pair.Value))] : null;
        }
    }
}
