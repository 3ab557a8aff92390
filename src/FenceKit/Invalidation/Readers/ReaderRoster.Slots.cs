// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// Which slot belongs to whom: one per thread, found without a lookup; one per asynchronous lease.
internal sealed partial class ReaderRoster
{
    /// <summary>
    /// The slot that this thread used last; another gate's too, so it is compared. One access to thread-local storage, which is most of
    /// what entering costs: on Linux it is a call. Read before anything else, so that the compiler may take it out of a small loop.
    /// </summary>
    [ThreadStatic]
    private static ReaderSlot? t_last;

    /// <summary>This thread's slots, by the index of their roster. The index may have had another roster before: the slot knows.</summary>
    [ThreadStatic]
    private static ReaderSlot?[]? t_slots;

    /// <summary>Dies with the thread.</summary>
    [ThreadStatic]
    private static ThreadEnd? t_end;

    private static readonly System.Threading.Lock s_indexGate = new();
    private static readonly Stack<int> s_freeIndexes = new();
    private static int s_indexes;

    /// <summary>Where the slots of this roster stand in <see cref="t_slots"/>.</summary>
    internal int Index { get; }

    /// <inheritdoc cref="t_last"/>
    internal static ReaderSlot? LastOfThread
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => t_last;
    }

    /// <summary>The slot of the current thread, if it has entered before.</summary>
    private ReaderSlot? SlotOfThisThread
    {
        get
        {
            ReaderSlot?[]? slots = t_slots;
            int index = Index;
            return slots is not null && (uint)index < (uint)slots.Length && slots[index] is { } known && ReferenceEquals(known.Roster, this) ? known : null;
        }
    }

    /// <summary>The slot of the current thread, when it was at another gate before; made the first time.</summary>
    internal ReaderSlot Find(ReaderGate gate)
    {
        ReaderSlot slot = SlotOfThisThread ?? Register(gate);
        t_last = slot;
        return slot;
    }

    /// <summary>A slot for a lease that may change threads.</summary>
    internal ReaderSlot RentLease(string holder)
    {
        _gate.EnterShielded();
        try
        {
            if (_freeLeases.TryPop(out ReaderSlot? free))
            {
                free.Holder = holder;
                return free;
            }

            ReaderSlot slot = new(this, gate: null, _closed ? ReaderSignals.Closed : _signals, thread: null, holder);
            AddLocked(slot);
            return slot;
        }
        finally
        {
            _gate.Exit();
        }
    }

    internal void ReturnLease(ReaderSlot slot)
    {
        _gate.EnterShielded();
        try
        {
            slot.Holder = "";
            _freeLeases.Push(slot);
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>The roster is closed and left: its index may go to another one.</summary>
    internal void ReturnIndex()
    {
        s_indexGate.Enter();
        s_freeIndexes.Push(Index);
        s_indexGate.Exit();
    }

    private static int TakeIndex()
    {
        s_indexGate.Enter();
        int index = s_freeIndexes.TryPop(out int free) ? free : s_indexes++;
        s_indexGate.Exit();
        return index;
    }

    private ReaderSlot Register(ReaderGate gate)
    {
        Thread thread = Thread.CurrentThread;
        ReaderSlot slot;
        _gate.EnterShielded();
        try
        {
            // Entered under the lock that scans take: a scan that has missed the slot was over before the reader could announce itself,
            // so the reader sees its invalidation.
            slot = new ReaderSlot(this, gate, _closed ? ReaderSignals.Closed : _signals, thread, thread.Name ?? $"thread {thread.ManagedThreadId}");
            AddLocked(slot);
        }
        finally
        {
            _gate.Exit();
        }

        ReaderSlot?[] slots = t_slots ?? [];
        if (slots.Length <= Index)
        {
            Array.Resize(ref slots, Math.Max(Index + 1, slots.Length * 2));
        }

        slots[Index] = slot;
        t_slots = slots;
        (t_end ??= new ThreadEnd()).Slots = slots;
        return slot;
    }

    private void AddLocked(ReaderSlot slot)
    {
        if (_slotCount == _slots.Length)
        {
            // Before it grows: the slots of threads that have ended. Their number is what makes it grow.
            for (int index = _slotCount - 1; index >= 0; index--)
            {
                if (_slots[index].Thread is { IsAlive: false })
                {
                    RemoveDeadLocked(_slots[index]);
                    ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                }
            }

            if (_slotCount > _slots.Length / 2)
            {
                Array.Resize(ref _slots, _slots.Length * 2);
            }
        }

        RaiseLocked(slot, _scans); // those under way will find it, and lower its alert when they end
        _slots[_slotCount++] = slot;
    }

    /// <summary>A thread that has ended reads no more, whether it has left or not. Returns what is complete now.</summary>
    private ulong RemoveDeadLocked(ReaderSlot slot)
    {
        int index = Array.IndexOf(_slots, slot, 0, _slotCount);
        if (index < 0)
        {
            return 0;
        }

        if (Volatile.Read(ref slot.Depth) != 0)
        {
            Diagnostics.FenceKitEventSource.Log.ReaderEndedInside(Name, slot.Holder);
        }

        _slots[index] = _slots[--_slotCount];
        _slots[_slotCount] = null!;
        return CompleteLocked();
    }

    private void ThreadEnded(ReaderSlot slot)
    {
        _gate.EnterShielded();
        RemoveDeadLocked(slot);
        _gate.Exit();

        // Not here: users' callbacks have no place on the finalizer's thread.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>
    /// A thread that ends without leaving signals nothing, and perhaps nobody will ever scan again. Its thread-static fields die with
    /// it; so this one's finalizer comes, sooner or later, and leaves in its place.
    /// </summary>
    private sealed class ThreadEnd
    {
        internal ReaderSlot?[]? Slots { get; set; }

        ~ThreadEnd()
        {
            foreach (ReaderSlot? slot in Slots ?? [])
            {
                slot?.Roster.ThreadEnded(slot);
            }
        }
    }
}
