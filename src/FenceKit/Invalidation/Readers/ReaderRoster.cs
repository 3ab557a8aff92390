// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>Everybody who reads through one gate, and the fences that wait for them.</summary>
/// <remarks>
/// <para>The fences are points of one timeline, and that is enough: a reader that was inside at scan k and is still inside at scan k + 1 is
/// found by both. So when everybody whom scan k + 1 found has left, everybody whom scan k found has left as well, and points complete in
/// order. Each slot remembers only the oldest point that it owes; what is complete is everything below the smallest of these.</para>
/// <para>The lock is held for one pass over the slots and never while anything of a user's runs.</para>
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
    private int _scans; // under way

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
        _index.SlotsAre(_slots);
        ThatSlotsKnow = new WeakReference<ReaderRoster>(this);
    }

    public string Name { get; }

    /// <summary>The readers as the validator knows them; null when the contract is not checked.</summary>
    public object? ContractMap => _timeline.ContractMap;

    internal bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Whether the calling thread is inside.</summary>
    public bool IsThisThreadInside => SlotOfThisThread is { } slot && Volatile.Read(ref slot.Depth) != 0;

    /// <summary>
    /// Whether the point waits for the calling thread. Exact: a scope cannot leave its thread, and a reader that owes a point holds up all later ones.
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
        long now = _clock.GetTimestamp(); // the user's clock, so not under the lock; beside the barrier before it costs nothing
        ulong complete = 0;
        _lock.EnterShielded();
        try
        {
            for (int index = 0; index < _slotCount; index++)
            {
                ReaderSlot slot = _slots[index];

                // A slot that reads 0 and still owes has been left; its reader is on the way to the lock to say so.
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
                    RaiseLocked(slot, 1); // stays when the scan is over
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

    /// <summary>The reader has left its slot and may owe something. Signals what is complete, on this thread.</summary>
    internal void LeaveSlowly(ReaderSlot slot)
    {
        ulong complete = 0;
        _lock.EnterShielded();
        try
        {
            if (Volatile.Read(ref slot.Owed) == 0 || Volatile.Read(ref slot.Depth) != 0)
            {
                return;
            }

            Volatile.Write(ref slot.Owed, 0);
            RaiseLocked(slot, -1);
            complete = CompleteLocked();
        }
        finally
        {
            _lock.Exit();
        }

        Signal(complete);
    }

    /// <inheritdoc/>
    public Fence Close()
    {
        _lock.EnterShielded();
        try
        {
            Volatile.Write(ref _closed, true);
            foreach (ReaderSlot slot in _slots.AsSpan(0, _slotCount))
            {
                slot.Close();
            }

            BeginScanLocked(); // ends with the scan below
            BeginScanLocked(); // never ends: a reader that leaves a closed gate looks under the lock, as one that enters it does
        }
        finally
        {
            _lock.Exit();
        }

        // As in a session: closing is the store, the scan is the load. See ReaderSlot.
        Interlocked.MemoryBarrierProcessWide();
        return Scan();
    }

    internal int CopyHoldouts(Span<ReaderHoldout> destination)
    {
        int count = 0;
        long now = _clock.GetTimestamp();
        long frequency = _clock.TimestampFrequency;
        _lock.EnterShielded();
        try
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
        finally
        {
            _lock.Exit();
        }

        return count;
    }

    /// <summary>The readers that owe a point no later than this one.</summary>
    void IFenceProducer.DescribeHolders(ulong point, List<FenceHolder> holders)
    {
        long now = _clock.GetTimestamp();
        long frequency = _clock.TimestampFrequency;
        _lock.EnterShielded();
        try
        {
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
        finally
        {
            _lock.Exit();
        }
    }

    /// <summary>How many slots there are; for tests.</summary>
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

    /// <summary>Cleans up, on the thread pool, behind threads that ended inside the gate.</summary>
    public void Execute()
    {
        _lock.EnterShielded();
        ulong complete = CompleteLocked();
        _lock.Exit();
        ReportEndedInside();
        Signal(complete);
    }

    /// <summary>The time between two readings of the clock. TimeProvider.GetElapsedTime would ask the user's clock for its frequency, under the lock.</summary>
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
    /// Pairs with the load in <see cref="ReaderSlot.Leave"/>. A plain store: the lock's exit publishes it, and the process-wide barrier of the scan comes
    /// after that. Which of two values a reader sees in between makes no difference: of one that owes both are above 0, and 1 too much costs
    /// a look under the lock.
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

    /// <summary>Outside the lock: callbacks of the fence run on this thread.</summary>
    private void Signal(ulong point)
    {
        if (point != 0)
        {
            _timeline.Signal(point);
        }
    }
}
