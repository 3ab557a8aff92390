// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>
/// An asynchronous method that continued after an await while its flow held locks of another method, presumably of its caller. Whether the
/// caller waits for it cannot be seen. So findings about its acquisitions are at most likely, until one of the locks is released by code
/// that has come through this method: then the lock was held until that moment.
/// </summary>
/// <remarks>
/// The execution context carries this object in a <see cref="FlowNode"/>. When the method ends, the object passes to the code that
/// continues there: the code that awaited the method. Code that has not awaited the method does not carry it, releases the locks without
/// it, and nothing follows.
/// </remarks>
internal sealed class ContinuedCall(int turn)
{
    /// <summary>Of a method with more different acquisitions, the first ones are remembered.</summary>
    private const int MostUndecided = 128;

    private readonly UninterruptedLock _gate = new();
    private readonly Dictionary<ulong, Undecided> _undecided = [];

    private sealed record Undecided(List<FlowNode> Locks, Action WhenSure);

    /// <summary>Whether the thread is still in the turn in which the method continued.</summary>
    public bool IsOfTurn(int other) => other == turn;

    /// <summary>Whether an acquisition is or was registered here.</summary>
    public bool Knows(ulong key)
    {
        using (_gate.EnterScope())
        {
            return _undecided.ContainsKey(key);
        }
    }

    /// <summary>Registers an action to run when each of the locks was released by code that has come through this method.</summary>
    public void Add(ulong key, IEnumerable<FlowNode> locks, Action whenSure)
    {
        using (_gate.EnterScope())
        {
            if (_undecided.Count < MostUndecided)
            {
                _undecided.TryAdd(key, new Undecided([.. locks.Select(static node => node.Origin ?? node)], whenSure));
            }
        }
    }

    /// <summary>
    /// Called when code that has come through this method has released a lock. Returns the actions that are decided by that; each is
    /// returned once.
    /// </summary>
    public Action[] LetGo(FlowNode node)
    {
        using (_gate.EnterScope())
        {
            var sure = new List<Action>();
            foreach (Undecided one in _undecided.Values)
            {
                if (one.Locks.Remove(node) && one.Locks.Count == 0)
                {
                    sure.Add(one.WhenSure);
                }
            }

            return [.. sure];
        }
    }

    /// <summary>Whether the flow still holds the locks of an undecided acquisition.</summary>
    public bool Concerns(FlowNode? flow)
    {
        using (_gate.EnterScope())
        {
            foreach (Undecided one in _undecided.Values)
            {
                if (one.Locks.Count > 0
                    && one.Locks.TrueForAll(static node => !node.IsReleased)
                    && one.Locks.Exists(node => FlowNode.ContainsHold(flow, node)))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
