// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>All stacks of one validator. Stacks of threads that ended are dropped when there are many, and looked at on the way out.</summary>
internal sealed class HeldStackRegistry : IFlowReader
{
    private readonly UninterruptedLock _gate = new();
    private readonly List<LockHolder> _abandoned = [];
    private List<LockHolder> _stacks = [];
    private int _sweepAt = 32;

    public LockHolder Register(LockHolder stack)
    {
        using (_gate.EnterScope())
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

    /// <summary>The validator has forgotten something; every thread looks again. A thread that registers later starts with a look.</summary>
    public void MarkAllStale()
    {
        Interlocked.MemoryBarrier(); // what was forgotten is seen by a thread that sees the mark
        using (_gate.EnterScope())
        {
            foreach (LockHolder stack in _stacks)
            {
                stack.MarkStale();
            }
        }
    }

    void IFlowReader.MarkStale() => MarkAllStale();

    /// <summary>Stacks whose thread ended while it held something; each is handed out once.</summary>
    public IReadOnlyList<LockHolder> TakeAbandoned()
    {
        using (_gate.EnterScope())
        {
            SweepLocked();
            LockHolder[] taken = [.. _abandoned];
            _abandoned.Clear();
            return taken;
        }
    }

    public LockHolder? Find(Thread thread)
    {
        using (_gate.EnterScope())
        {
            return _stacks.Find(stack => ReferenceEquals(stack.Thread, thread));
        }
    }

    public IReadOnlyList<LockHolder> All()
    {
        using (_gate.EnterScope())
        {
            return [.. _stacks];
        }
    }

    public int Count
    {
        get
        {
            using (_gate.EnterScope())
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
