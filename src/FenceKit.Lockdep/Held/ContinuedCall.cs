// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>
/// An asynchronous method that went on after an await, under locks that somebody else has taken: its caller, if that one waits for it. Whether he does, nobody
/// can see; so what the method wants is likely at most, until a lock is let go by code that has come through the method. Then it was held until then.
/// </summary>
/// <remarks>
/// The execution context carries it as a <see cref="FlowNode"/>, and where the method ends it goes over to the code that goes on there: to whoever awaited it.
/// Code that has not awaited it does not have it, lets the locks go without it, and nothing follows.
/// </remarks>
internal sealed class ContinuedCall(int turn)
{
    /// <summary>A method that wants more different things is remembered by the first.</summary>
    private const int MostUndecided = 128;

    private readonly UninterruptedLock _gate = new();
    private readonly Dictionary<ulong, Undecided> _undecided = [];

    private sealed record Undecided(List<FlowNode> Locks, Action WhenSure);

    /// <summary>Whether it is still the turn of the thread in which the method went on.</summary>
    public bool IsOfTurn(int other) => other == turn;

    /// <summary>Whether a want is written down here, or was.</summary>
    public bool Knows(ulong key)
    {
        using (_gate.EnterScope())
        {
            return _undecided.ContainsKey(key);
        }
    }

    /// <summary>Writes down what is to be done when each of the locks was let go by code that has come through here.</summary>
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

    /// <summary>Code that has come through here has let a lock go. Returns what is sure by that; each is handed out once.</summary>
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

    /// <summary>Whether something is left to be decided by a flow: it holds the locks of one want still.</summary>
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
