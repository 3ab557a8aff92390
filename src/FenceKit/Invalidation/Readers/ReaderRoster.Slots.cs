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

    /// <summary>All slots of this thread.</summary>
    [ThreadStatic]
    private static ThreadSlots? t_slots;

    /// <summary>Dies with the thread.</summary>
    [ThreadStatic]
    private static ThreadEnd? t_end;

    private List<string>? _endedInside; // under the lock: readers whose threads have ended, to be reported outside it

    private readonly RosterIndex _index = new();

    /// <inheritdoc cref="RosterIndex.Number"/>
    internal long Number => _index.Number;

    /// <summary>One for all slots.</summary>
    internal WeakReference<ReaderRoster> ThatSlotsKnow { get; }

    /// <inheritdoc cref="t_last"/>
    internal static ReaderSlot? LastOfThread
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => t_last;
    }

    /// <summary>The slot of the current thread, if it has entered before.</summary>
    private ReaderSlot? SlotOfThisThread => t_slots?.Find(_index.Value, Number);

    /// <summary>The slot of the current thread, when it was at another gate before; made the first time.</summary>
    internal ReaderSlot Find()
    {
        ReaderSlot slot = SlotOfThisThread ?? Register();
        t_last = slot;
        return slot;
    }

    /// <summary>A slot for a lease that may change threads.</summary>
    internal ReaderSlot RentLease(string holder)
    {
        _lock.EnterShielded();
        try
        {
            if (_freeLeases.TryPop(out ReaderSlot? free))
            {
                free.Holder = holder;
                return free;
            }

            ReaderSlot slot = new(this, _closed ? ReaderSignals.Closed : _signals, table: null, holder);
            AddLocked(slot);
            return slot;
        }
        finally
        {
            _lock.Exit();
        }
    }

    internal void ReturnLease(ReaderSlot slot)
    {
        _lock.EnterShielded();
        try
        {
            slot.Holder = "";
            _freeLeases.Push(slot);
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <summary>The roster is closed and left. No thread refers to it from here on; the last slot of each stays until its next enter elsewhere.</summary>
    internal void ReturnIndex()
    {
        if (t_last?.Owner == Number)
        {
            t_last = null;
        }

        _lock.EnterShielded(); // nobody moves a slot meanwhile
        try
        {
            _index.Return();
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <exception cref="ObjectDisposedException">The roster is closed: a new reader could not enter, and its slot would never be taken out again.</exception>
    private ReaderSlot Register()
    {
        Thread thread = Thread.CurrentThread;
        ThreadSlots table = t_slots ??= new ThreadSlots(thread);
        t_end ??= new ThreadEnd(table);
        ReaderSlot slot;
        _lock.EnterShielded();
        try
        {
            ThrowIfClosed(_closed);

            // Entered under the lock that scans take: a scan that has missed the slot was over before the reader could announce itself,
            // so the reader sees its invalidation.
            slot = new ReaderSlot(this, _signals, table, thread.Name ?? $"thread {thread.ManagedThreadId}");
            AddLocked(slot);
            table.Add(_index.Value, slot); // under the lock: a roster that closes after this finds it there
        }
        finally
        {
            _lock.Exit();
        }

        return slot;
    }

    internal void ThrowIfClosed(bool isClosed)
    {
#pragma warning disable CA1513 // ThrowIf would name the type only, not the gate.
        if (isClosed)
        {
            throw new ObjectDisposedException($"ReaderGate '{Name}'");
#pragma warning restore CA1513
        }
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
                    InterruptShield.Queue(this, preferLocal: false);
                }
            }

            if (_slotCount > _slots.Length / 2)
            {
                Array.Resize(ref _slots, _slots.Length * 2);
                _index.SlotsAre(_slots);
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
            (_endedInside ??= []).Add(slot.Holder);
        }

        _slots[index] = _slots[--_slotCount];
        _slots[_slotCount] = null!;
        return CompleteLocked();
    }

    /// <summary>Outside the lock: listeners of events are users' code.</summary>
    private void ReportEndedInside()
    {
        if (Volatile.Read(ref _endedInside) is null)
        {
            return;
        }

        _lock.EnterShielded();
        List<string>? holders = _endedInside;
        _endedInside = null;
        _lock.Exit();
        foreach (string holder in holders ?? [])
        {
            Diagnostics.FenceKitEventSource.Log.ReaderEndedInside(Name, holder);
        }
    }

    internal void ThreadEnded(ReaderSlot slot)
    {
        _lock.EnterShielded();
        RemoveDeadLocked(slot);
        _lock.Exit();

        // Not here: users' callbacks, and listeners, have no place on the finalizer's thread.
        InterruptShield.Queue(this, preferLocal: false);
    }

    /// <summary>
    /// A thread that ends without leaving signals nothing, and perhaps nobody will ever scan again. Its thread-static fields die with
    /// it; so this one's finalizer comes, sooner or later, and leaves in its place.
    /// </summary>
    private sealed class ThreadEnd(ThreadSlots slots)
    {
        ~ThreadEnd() => slots.ThreadEnded();
    }
}
