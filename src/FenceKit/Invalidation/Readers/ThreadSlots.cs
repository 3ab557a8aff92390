// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The slots of one thread, by the index of their roster. An index may have belonged to another roster before, so the lookup also compares
/// the roster's number. The thread reads without a lock, and it alone adds slots. A roster that is closed or collected removes its slot, on
/// any thread.
/// </summary>
internal sealed class ThreadSlots(Thread thread)
{
    private readonly System.Threading.Lock _lock = new(); // for writers; held for a few instructions
    private ReaderSlot?[] _slots = [];
    private int _count; // under the lock

    internal Thread Thread { get; } = thread;

    /// <summary>Returns the slot of a roster, or null. Called by the thread itself only.</summary>
    internal ReaderSlot? Find(int index, long owner)
    {
        ReaderSlot?[] slots = _slots; // what this thread has written, or an empty array from the removal of its last slot
        return (uint)index < (uint)slots.Length && slots[index] is { } known && known.Owner == owner ? known : null;
    }

    /// <summary>Adds a slot. Called by the thread itself only. Allocates when the index is higher than any before.</summary>
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

    /// <summary>
    /// Removes the slot of a roster that is closed or collected; any thread may. A thread whose gates are all gone keeps nothing.
    /// </summary>
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
