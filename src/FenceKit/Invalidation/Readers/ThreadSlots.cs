// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The slots of one thread, by the index of their roster; an index may have had another roster before, so the reader compares the
/// number. The thread looks without a lock. It alone adds; a roster that is over takes its slot out, on whatever thread that is noticed.
/// </summary>
internal sealed class ThreadSlots(Thread thread)
{
    private readonly System.Threading.Lock _lock = new(); // for those who write; held for a few instructions
    private ReaderSlot?[] _slots = [];
    private int _count; // under the lock

    internal Thread Thread { get; } = thread;

    /// <summary>The slot of a roster, if there is one. Only the thread itself asks.</summary>
    internal ReaderSlot? Find(int index, long owner)
    {
        ReaderSlot?[] slots = _slots; // what the thread has written itself, or an empty array from a roster that was the last
        return (uint)index < (uint)slots.Length && slots[index] is { } known && known.Owner == owner ? known : null;
    }

    /// <summary>Adds a slot; only the thread itself does. Allocates when the index is higher than any before.</summary>
    internal void Add(int index, ReaderSlot slot)
    {
        InterruptShield.Run(_lock, static entered => entered.Enter());
        try
        {
            if (_slots.Length <= index)
            {
                ReaderSlot?[] longer = new ReaderSlot?[Math.Max(index + 1, _slots.Length * 2)];
                _slots.CopyTo(longer, 0);
                _slots = longer;
            }

            _count += _slots[index] is null ? 1 : 0;
            _slots[index] = slot;
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <summary>Takes out a slot whose roster is over; any thread may. Nothing remains of a thread that has left all its gates behind.</summary>
    internal void Remove(int index, ReaderSlot slot)
    {
        InterruptShield.Run(_lock, static entered => entered.Enter());
        try
        {
            if ((uint)index < (uint)_slots.Length && ReferenceEquals(_slots[index], slot))
            {
                _slots[index] = null;
                if (--_count == 0)
                {
                    _slots = [];
                }
            }
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <summary>The thread has ended. Called on the finalizer's thread.</summary>
    internal void ThreadEnded()
    {
        foreach (ReaderSlot? slot in _slots)
        {
            slot?.ThreadEnded();
        }
    }
}
