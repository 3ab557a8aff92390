// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>The readers of one gate, and the fences that wait for them.</summary>
/// <remarks>
/// <para>The fences are points of one timeline, which suffices: a reader that was inside at scan k and is still inside at scan k + 1 is
/// found by both. So when all readers found by scan k + 1 have left, all readers found by scan k have left as well, and points complete in
/// order. Each slot stores only the oldest point that it owes; every point below the smallest of these is complete.</para>
/// <para>The lock is held for one pass over the slots and never while user code runs.</para>
/// </remarks>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Somebody may still look at its fences.")]
internal sealed partial class ReaderRoster : IReaderScan, IThreadPoolWorkItem, IFenceProducer
{
    private const int InitialSlots = 8;

    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;
    private readonly ReaderSignals _signals;
    private readonly FenceTimeline _timeline;
    private ReaderSlot[] _slots = new ReaderSlot[InitialSlots]; // under the lock, like all that follows
    private int _slotCount;
    private readonly Stack<ReaderSlot> _freeLeases = new();
    private bool _closed;
    private int _scans; // the number of scans in progress

    internal ReaderRoster(string name, ReaderSignals signals, TimeProvider clock)
    {
        Name = name;
        _signals = signals;
        _clock = clock;
        _timeline = new FenceTimeline(name, new FenceTimelineOptions { RetainedFaults = 1, TimeProvider = clock, ReportsCumulativeSignals = false })
        {
            Producer = this,
            ContractMap = FenceContract.GateMap(name),
        };
        FenceContract.ExportReaders(_timeline.ContractMap);
        _index.SetSlots(_slots);
        WeakSelf = new WeakReference<ReaderRoster>(this);
    }

    public string Name { get; }

    /// <summary>The validator's map of the readers; null when the contract is not checked.</summary>
    public object? ContractMap => _timeline.ContractMap;

    internal bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Whether the calling thread is inside the gate.</summary>
    public bool IsThisThreadInside => SlotOfThisThread is { } slot && Volatile.Read(ref slot.Depth) != 0;

    /// <summary>
    /// Whether the point waits for the calling thread. The answer is exact: a scope cannot leave its thread, and a reader that owes a point
    /// delays all later ones.
    /// </summary>
    public bool IsWaitingForThisThread(ulong point) =>
        SlotOfThisThread is { } slot && Volatile.Read(ref slot.Depth) != 0 && Volatile.Read(ref slot.Owed) is not 0 and var owed && owed <= point;

    /// <inheritdoc/>
    public void BeginScan()
    {
        _lock.EnterShielded();
        BeginScanLocked();
        _lock.Exit();
    }

    /// <inheritdoc/>
    public Fence Scan()
    {
        Fence fence = default;
        long now = _clock.GetTimestamp(); // read outside the lock because it is the user's clock; next to the barrier its cost does not matter
        ulong complete = 0;
        _lock.EnterShielded();
        try
        {
            for (int index = 0; index < _slotCount; index++)
            {
                ReaderSlot slot = _slots[index];

                // A slot whose depth is 0 and that still owes a point has been left; its reader is about to take the lock and say so.
                if (Volatile.Read(ref slot.Depth) == 0)
                {
                    continue;
                }

                if (slot.Thread is { IsAlive: false })
                {
                    complete = RemoveDeadLocked(slot);
                    index--;
                    continue;
                }

                if (fence.Timeline is null)
                {
                    fence = _timeline.Issue();
                }

                if (Volatile.Read(ref slot.Owed) == 0)
                {
                    slot.OwedSince = now;
                    Volatile.Write(ref slot.Owed, fence.Point);
                    RaiseLocked(slot, 1); // remains when the scan is over
                }
            }
        }
        finally
        {
            EndScanLocked();
            _lock.Exit();
        }

        ReportEndedInside();
        Signal(complete);
        return fence;
    }

    /// <summary>Called by a reader that has left its slot and may owe a point. Signals what is complete, on this thread.</summary>
    internal void LeaveSlowly(ReaderSlot slot)
    {
        ulong complete = 0;
        using (_lock.EnterShieldedScope())
        {
            if (Volatile.Read(ref slot.Owed) == 0 || Volatile.Read(ref slot.Depth) != 0)
            {
                return;
            }

            Volatile.Write(ref slot.Owed, 0);
            RaiseLocked(slot, -1);
            complete = CompleteLocked();
        }

        Signal(complete);
    }

    /// <inheritdoc/>
    public Fence Close()
    {
        using (_lock.EnterShieldedScope())
        {
            Volatile.Write(ref _closed, true);
            foreach (ReaderSlot slot in _slots.AsSpan(0, _slotCount))
            {
                slot.Close();
            }

            BeginScanLocked(); // ended by the scan below
            BeginScanLocked(); // never ended: a reader that leaves a closed gate takes the lock, and so does a reader that enters it
        }

        // As in a session, the close is the store and the scan is the load. See ReaderSlot.
        Interlocked.MemoryBarrierProcessWide();
        return Scan();
    }

    internal int CopyHoldouts(Span<ReaderHoldout> destination)
    {
        int count = 0;
        long now = _clock.GetTimestamp();
        long frequency = _clock.TimestampFrequency;
        using (_lock.EnterShieldedScope())
        {
            for (int index = 0; index < _slotCount; index++)
            {
                ReaderSlot slot = _slots[index];
                if (Volatile.Read(ref slot.Owed) == 0)
                {
                    continue;
                }

                if (count < destination.Length)
                {
                    destination[count] = new ReaderHoldout(
                        slot.Holder, slot.Thread?.ManagedThreadId ?? 0, Elapsed(slot.OwedSince, now, frequency), slot.Thread?.IsAlive ?? true);
                }

                count++;
            }
        }

        return count;
    }

    /// <summary>Describes the readers that owe this point or an earlier one.</summary>
    void IFenceProducer.DescribeHolders(ulong point, List<FenceHolder> holders)
    {
        long now = _clock.GetTimestamp();
        long frequency = _clock.TimestampFrequency;
        using InterruptShield.ShieldedScope scope = _lock.EnterShieldedScope();
        foreach (ReaderSlot slot in _slots.AsSpan(0, _slotCount))
        {
            ulong owed = Volatile.Read(ref slot.Owed);
            if (owed != 0 && owed <= point)
            {
                string since = $"inside {Name} for {Elapsed(slot.OwedSince, now, frequency)}";
                holders.Add(slot.Thread is { } thread
                    ? new FenceHolder($"{FenceHolder.NameOf(thread)}, {since}", thread)
                    : new FenceHolder($"{slot.Holder}, {since}"));
            }
        }
    }

    /// <summary>The number of slots; for tests.</summary>
    internal int SlotCount
    {
        get
        {
            _lock.EnterShielded();
            int count = _slotCount;
            _lock.Exit();
            return count;
        }
    }

    /// <summary>Completes points on the thread pool after threads have ended inside the gate.</summary>
    public void Execute()
    {
        _lock.EnterShielded();
        ulong complete = CompleteLocked();
        _lock.Exit();
        ReportEndedInside();
        Signal(complete);
    }

    /// <summary>
    /// The time between two timestamps. TimeProvider.GetElapsedTime would ask the user's clock for its frequency, under the lock.
    /// </summary>
    private static TimeSpan Elapsed(long since, long now, long frequency) =>
        new((long)((now - since) * ((double)TimeSpan.TicksPerSecond / frequency)));

    private void BeginScanLocked()
    {
        _scans++;
        foreach (ReaderSlot slot in _slots.AsSpan(0, _slotCount))
        {
            RaiseLocked(slot, 1);
        }
    }

    private void EndScanLocked()
    {
        _scans--;
        foreach (ReaderSlot slot in _slots.AsSpan(0, _slotCount))
        {
            RaiseLocked(slot, -1);
        }
    }

    /// <summary>
    /// Changes the alert of a slot; pairs with the load in <see cref="ReaderSlot.Leave"/>. The store is plain: leaving the lock publishes
    /// it, and the process-wide barrier of the scan comes after that. Which of two values a reader sees in between does not matter: for a
    /// reader that owes a point both are above 0, and for any other a needless 1 only costs a look under the lock.
    /// </summary>
    private void RaiseLocked(ReaderSlot slot, int by)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Nobody else counts at the same time.");
        slot.Alert += by;
    }

    private ulong CompleteLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "The slots are read under the roster's lock.");
        ulong complete = _timeline.Issued;
        foreach (ReaderSlot slot in _slots.AsSpan(0, _slotCount))
        {
            ulong owed = Volatile.Read(ref slot.Owed);
            if (owed != 0)
            {
                complete = Math.Min(complete, owed - 1);
            }
        }

        return complete;
    }

    /// <summary>Called outside the lock: callbacks of the fence run on this thread.</summary>
    private void Signal(ulong point)
    {
        if (point != 0)
        {
            _timeline.Signal(point);
        }
    }
}
