// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// Finds the slot of a reader: one per thread, found without a lock; one per asynchronous lease.
internal sealed partial class ReaderRoster
{
    /// <summary>
    /// The slot that this thread used last. It may belong to another gate, so the caller compares the owner. This one access to
    /// thread-local storage is most of the cost of entering: on Linux it is a call. It is read first, so that the compiler can hoist it out
    /// of a small loop.
    /// </summary>
    [ThreadStatic]
    private static ReaderSlot? t_last;

    /// <summary>All slots of this thread.</summary>
    [ThreadStatic]
    private static ThreadSlots? t_slots;

    /// <summary>The object whose finalizer notices that the thread has ended.</summary>
    [ThreadStatic]
    private static ThreadEnd? t_end;

    private List<string>? _endedInside; // readers whose threads have ended inside, to be reported outside the lock. Under the lock

    private readonly RosterIndex _index = new();

    /// <inheritdoc cref="RosterIndex.Number"/>
    internal long Number => _index.Number;

    /// <summary>The one weak reference that all slots share.</summary>
    internal WeakReference<ReaderRoster> WeakSelf { get; }

    /// <inheritdoc cref="t_last"/>
    internal static ReaderSlot? LastOfThread
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => t_last;
    }

    /// <summary>The slot of the current thread, if it has entered before.</summary>
    private ReaderSlot? SlotOfThisThread => t_slots?.Find(_index.Value, Number);

    /// <summary>Returns the slot of the current thread when the last slot belongs to another gate; creates it the first time.</summary>
    internal ReaderSlot Find()
    {
        ReaderSlot slot = SlotOfThisThread ?? Register();
        t_last = slot;
        return slot;
    }

    /// <summary>Rents a slot for a lease, which may change threads.</summary>
    internal ReaderSlot RentLease(string holder)
    {
        using InterruptShield.ShieldedScope scope = _lock.EnterShieldedScope();
        if (_freeLeases.TryPop(out ReaderSlot? free))
        {
            free.Holder = holder;
            return free;
        }

        ReaderSlot slot = new(this, _closed ? ReaderSignals.Closed : _signals, table: null, holder);
        AddLocked(slot);
        return slot;
    }

    internal void ReturnLease(ReaderSlot slot)
    {
        using InterruptShield.ShieldedScope scope = _lock.EnterShieldedScope();
        slot.Holder = "";
        _freeLeases.Push(slot);
    }

    /// <summary>
    /// Frees the index of a roster that is closed and has no readers. From here on no thread refers to the roster; the last slot of each
    /// thread remains until the thread enters another gate.
    /// </summary>
    internal void ReturnIndex()
    {
        if (t_last?.Owner == Number)
        {
            t_last = null;
        }

        using InterruptShield.ShieldedScope scope = _lock.EnterShieldedScope(); // no slot moves in the meantime
        _index.Return();
    }

    /// <exception cref="ObjectDisposedException">
    /// The roster is closed: a new reader could not enter, and its slot would never be removed.
    /// </exception>
    private ReaderSlot Register()
    {
        Thread thread = Thread.CurrentThread;
        ThreadSlots table = t_slots ??= new ThreadSlots(thread);
        t_end ??= new ThreadEnd(table);
        ReaderSlot slot;
        using (_lock.EnterShieldedScope())
        {
            ThrowIfClosed(_closed);

            // Added under the lock that scans take: a scan that missed the slot was over before the reader could announce itself, so the
            // reader sees its invalidation.
            slot = new ReaderSlot(this, _signals, table, thread.Name ?? $"thread {thread.ManagedThreadId}");
            AddLocked(slot);
            table.Add(_index.Value, slot); // under the lock: a roster that closes later finds the slot there
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
            // Before the array grows, remove the slots of threads that have ended: they are what makes it grow.
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
                _index.SetSlots(_slots);
            }
        }

        RaiseLocked(slot, _scans); // scans in progress will find the slot, and lower its alert when they end
        _slots[_slotCount++] = slot;
    }

    /// <summary>
    /// Removes the slot of a thread that has ended: such a thread reads no more, whether it has left or not. Returns the point up to which
    /// all is complete now.
    /// </summary>
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

    /// <summary>Called outside the lock: event listeners are user code.</summary>
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

        // Not on this thread: user callbacks and event listeners must not run on the finalizer thread.
        InterruptShield.Queue(this, preferLocal: false);
    }

    /// <summary>
    /// Leaves on behalf of a thread that ended inside the gate. Such a thread signals nothing, and perhaps no scan will come again. Its
    /// thread-static fields die with it, so the finalizer of this object runs sooner or later.
    /// </summary>
    private sealed class ThreadEnd(ThreadSlots slots)
    {
        ~ThreadEnd() => slots.ThreadEnded();
    }
}
