// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The index of one roster in the tables of all threads. Given back when the gate is closed and left; or, when the gate was dropped
/// without that, by the finalizer: the roster alone refers to this object, and no thread refers to the roster.
/// </summary>
internal sealed class RosterIndex
{
    private static readonly System.Threading.Lock s_lock = new();
    private static readonly PriorityQueue<int, int> s_free = new(); // the lowest first, so that the tables of threads stay short
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

    /// <summary>The index. No two rosters have it at the same time.</summary>
    internal int Value { get; }

    /// <summary>Which roster of the process this is. No two ever have the same.</summary>
    internal long Number { get; }

    /// <summary>Under the roster's lock: where its slots are from now on.</summary>
    internal void SlotsAre(ReaderSlot[] slots) => _slots = slots;

    /// <summary>Under the roster's lock, if there still is a roster. Nobody enters any more. Takes the slots out of the tables of their threads, which may live for ever.</summary>
    internal void Return()
    {
        if (Interlocked.Exchange(ref _isReturned, 1) != 0)
        {
            return;
        }

#pragma warning disable CA1816 // It is given back by its roster, and not disposed by a user.
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
