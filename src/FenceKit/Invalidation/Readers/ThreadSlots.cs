// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The slots of one thread, by the index of their roster; an index may have had another roster before, so the reader compares the
/// number. The thread looks without a lock. It alone adds; a roster that is over takes its slot out, on whatever thread that is noticed.
/// </summary>
internal sealed class ThreadSlots(Thread thread)
{
    private readonly System.Threading.Lock _gate = new(); // for those who write; held for a few instructions
    private ReaderSlot?[] _slots = [];
    private int _count; // under the gate

    internal Thread Thread { get; } = thread;

    /// <summary>On the thread: the slot of a roster, if there is one.</summary>
    internal ReaderSlot? Find(int index, long owner)
    {
        ReaderSlot?[] slots = _slots; // what the thread has written itself, or an empty array from a roster that was the last
        return (uint)index < (uint)slots.Length && slots[index] is { } known && known.Owner == owner ? known : null;
    }

    /// <summary>On the thread. Allocates when the index is higher than any before.</summary>
    internal void Add(int index, ReaderSlot slot)
    {
        InterruptShield.Run(_gate, static gate => gate.Enter());
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
            _gate.Exit();
        }
    }

    /// <summary>On any thread: the slot's roster is over. Nothing remains of a thread that has left all its gates behind.</summary>
    internal void Remove(int index, ReaderSlot slot)
    {
        InterruptShield.Run(_gate, static gate => gate.Enter());
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
            _gate.Exit();
        }
    }

    /// <summary>On the finalizer's thread.</summary>
    internal void ThreadEnded()
    {
        foreach (ReaderSlot? slot in _slots)
        {
            slot?.ThreadEnded();
        }
    }
}
