// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The index of one roster in the tables of all threads. It is freed when the gate is closed and has no readers or, for a gate that was
/// dropped without that, by the finalizer: only the roster refers to this object, and no thread refers to the roster.
/// </summary>
internal sealed class RosterIndex
{
    private static readonly System.Threading.Lock s_lock = new();
    private static readonly PriorityQueue<int, int> s_free = new(); // the lowest index first, so that the tables of threads stay short
    private static int s_taken;
    private static long s_rosters;

    private ReaderSlot[] _slots = []; // the roster's array, under the roster's lock
    private int _isReturned;

    internal RosterIndex()
    {
        Number = Interlocked.Increment(ref s_rosters);
        InterruptShield.Run(s_lock, static entered => entered.Enter());
        Value = s_free.TryDequeue(out int free, out _) ? free : s_taken++;
        s_lock.Exit();
    }

    ~RosterIndex() => Return();

    /// <summary>The index. It belongs to one roster at a time.</summary>
    internal int Value { get; }

    /// <summary>The number of the roster, unique in the process and never reused.</summary>
    internal long Number { get; }

    /// <summary>Under the roster's lock: sets the array in which the roster keeps its slots.</summary>
    internal void SetSlots(ReaderSlot[] slots) => _slots = slots;

    /// <summary>
    /// Frees the index, under the roster's lock if the roster still exists; no reader enters any more. Removes the slots from the tables of
    /// their threads, which may live forever.
    /// </summary>
    internal void Return()
    {
        if (Interlocked.Exchange(ref _isReturned, 1) != 0)
        {
            return;
        }

#pragma warning disable CA1816 // The roster frees it; no user disposes it.
        GC.SuppressFinalize(this);
#pragma warning restore CA1816
        foreach (ReaderSlot? slot in _slots)
        {
            slot?.Table?.Remove(Value, slot);
        }

        InterruptShield.Run(s_lock, static entered => entered.Enter());
        s_free.Enqueue(Value, Value);
        if (s_free.Count == s_taken)
        {
            s_taken = 0;
            s_free.Clear();
            s_free.TrimExcess();
        }

        s_lock.Exit();
    }
}
