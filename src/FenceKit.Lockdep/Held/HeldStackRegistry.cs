// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>
/// The held lists of all threads of one validator. Lists of ended threads are removed when there are many, and checked for held locks at
/// that time.
/// </summary>
internal sealed class HeldStackRegistry : IFlowReader
{
    private readonly UninterruptedLock _lock = new();
    private readonly List<LockHolder> _abandoned = [];
    private List<LockHolder> _stacks = [];
    private int _sweepAt = 32;

    public LockHolder Register(LockHolder stack)
    {
        using (_lock.EnterScope())
        {
            _stacks.Add(stack);
            if (_stacks.Count >= _sweepAt)
            {
                SweepLocked();
                _sweepAt = Math.Max(32, _stacks.Count * 2);
            }
        }

        return stack;
    }

    /// <summary>
    /// Called when the validator has discarded state: every thread refreshes its list. A thread that registers later starts with a refresh.
    /// </summary>
    public void MarkAllStale()
    {
        Interlocked.MemoryBarrier(); // a thread that sees the mark also sees the changed state
        using (_lock.EnterScope())
        {
            foreach (LockHolder stack in _stacks)
            {
                stack.MarkStale();
            }
        }
    }

    void IFlowReader.MarkStale() => MarkAllStale();

    /// <summary>The held lists of threads that ended while they held a lock; each is returned once.</summary>
    public IReadOnlyList<LockHolder> TakeAbandoned()
    {
        using (_lock.EnterScope())
        {
            SweepLocked();
            LockHolder[] taken = [.. _abandoned];
            _abandoned.Clear();
            return taken;
        }
    }

    public LockHolder? Find(Thread thread)
    {
        using (_lock.EnterScope())
        {
            return _stacks.Find(stack => ReferenceEquals(stack.Thread, thread));
        }
    }

    public IReadOnlyList<LockHolder> All()
    {
        using (_lock.EnterScope())
        {
            return [.. _stacks];
        }
    }

    public int Count
    {
        get
        {
            using (_lock.EnterScope())
            {
                return _stacks.Count;
            }
        }
    }

    private void SweepLocked()
    {
        var alive = new List<LockHolder>(_stacks.Count);
        foreach (LockHolder stack in _stacks)
        {
            if (stack.Thread.IsAlive)
            {
                alive.Add(stack);
            }
            else
            {
                stack.TakeForeignReleases();
                if (stack.Depth > 0)
                {
                    _abandoned.Add(stack);
                }
            }
        }

        _stacks = alive;
    }
}
