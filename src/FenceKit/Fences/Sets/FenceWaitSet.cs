// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// For waiting again and again on much the same fences: numbered slots, each with one fence, that stay in their timelines between the
/// waits. A wait costs the same however many slots there are. Every completion is reported once, in the order in which they came.
/// </summary>
/// <remarks>
/// <para>
/// A slot is filled by <see cref="Set"/>, reported by one <see cref="WaitAny(TimeSpan, CancellationToken)"/> and empty from then on. A
/// typical loop fills the slot again with the next fence of the same producer.
/// </para>
/// <para>
/// <b>Thread safety</b>: every member may be called from any thread at any time; several waiters share the completions.
/// <b>Allocates</b>: the constructor, and rarely <see cref="Set"/> (see there).
/// </para>
/// </remarks>
[DebuggerDisplay("{Watched} watched, {Ready} ready, {Capacity} slots")]
public sealed partial class FenceWaitSet : IDisposable
{
    /// <summary>The largest <see cref="Capacity"/>.</summary>
    public const int MaxCapacity = FencePool.MaxCapacity;

    private readonly Lock _lock = new();
    private readonly Slot[] _slots;   // all fields below: under the lock
    private readonly int[] _ready;    // a ring of slot numbers; a slot stands in it at most once
    private readonly FenceTimeline _arrivals; // one point for every completion
    private readonly FenceTimeline _drains;   // one point for every time that nothing is watched any more
    private int _readyHead;
    private int _readyCount;
    private int _watched;
    private ulong _arrived;
    private ulong _drained;
    private bool _disposed;

    /// <summary>Creates the set and all its slots.</summary>
    /// <param name="capacity">How many slots, 1 to <see cref="MaxCapacity"/>.</param>
    /// <param name="options">The clock of timed waits; null for the usual one.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is out of range.</exception>
    public FenceWaitSet(int capacity, FenceTimelineOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MaxCapacity);
        FenceTimelineOptions own = new() { RetainedFaults = 1, TimeProvider = (options ?? FenceTimelineOptions.Default).TimeProvider };
        _arrivals = new FenceTimeline("wait set", own, FenceWaiterPools.Shared);
        _drains = new FenceTimeline("wait set", own, FenceWaiterPools.Shared);
        _ready = new int[capacity];
        _slots = new Slot[capacity];
        for (int i = 0; i < capacity; i++)
        {
            _slots[i].Node = new Node(this, i);
        }
    }

    /// <summary>How many slots there are.</summary>
    public int Capacity => _slots.Length;

    /// <summary>How many slots wait for their fence.</summary>
    public int Watched => Volatile.Read(ref _watched);

    /// <summary>How many completions wait to be taken.</summary>
    public int Ready => Volatile.Read(ref _readyCount);

    /// <summary>Fills a slot. What was in it before, pending or not yet reported, is dropped.</summary>
    /// <param name="index">The slot.</param>
    /// <param name="fence">What to wait for. A complete fence is reported by the next wait.</param>
    /// <remarks>
    /// Never blocks on anything but another thread inside this set. Allocates a node only when the fence before has signaled and its
    /// callback has not come through yet, or when two threads fill the slot at the same time.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">There is no such slot.</exception>
    /// <exception cref="ObjectDisposedException">The set is disposed.</exception>
    public void Set(int index, Fence fence)
    {
        CheckIndex(index);
        Node node = Fill(index, fence);
        if (!fence.TryAddCallback(node))
        {
            FenceStatus status = fence.GetStatus(out Exception? error);
            OnSignaled(node, status, error);
        }
        else if (!IsOfSlot(node))
        {
            // The slot was emptied, or filled anew, before the node was there to be taken back.
            fence.TryRemoveCallback(node);
        }
    }

    /// <summary>Empties a slot.</summary>
    /// <param name="index">The slot.</param>
    /// <returns>True if there was something in it: it will not be reported.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such slot.</exception>
    public bool Clear(int index)
    {
        CheckIndex(index);
        bool cleared;
        _lock.EnterShielded();
        try
        {
            cleared = ClearLocked(index);
        }
        finally
        {
            _lock.Exit();
        }

        Announce();
        return cleared;
    }

    /// <summary>What is in it, for people.</summary>
    /// <returns>For instance <c>3 watched, 1 ready, 8 slots</c>.</returns>
    public override string ToString() => $"{Watched} watched, {Ready} ready, {Capacity} slots";

    /// <summary>Takes a completion if there is one.</summary>
    /// <param name="result">The slot and the outcome of its fence.</param>
    /// <returns>False when no slot has completed.</returns>
    public bool TryTake(out FenceWaitResult result) => TryTake(out result, out _);

    /// <summary>Empties all slots. Waits that are under way end with <see cref="ObjectDisposedException"/>. A second call does nothing.</summary>
    public void Dispose()
    {
        _lock.EnterShielded();
        try
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            for (int i = 0; i < _slots.Length; i++)
            {
                ClearLocked(i);
            }
        }
        finally
        {
            _lock.Exit();
        }

        _arrivals.Dispose();
        _drains.Dispose();
    }

    private void CheckIndex(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _slots.Length);
    }
}
