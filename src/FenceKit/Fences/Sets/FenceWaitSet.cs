// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// A set of fences for repeated waits: numbered slots with one fence each, whose nodes stay in their timelines between the waits. The cost of
/// a wait does not depend on the number of slots. Every completion is reported once, in the order of completion.
/// </summary>
/// <remarks>
/// <para>
/// A slot is filled by <see cref="Set"/>, its completion is returned by one call of <see cref="WaitAny(TimeSpan, CancellationToken)"/>, and
/// then it is empty. A typical loop fills the slot again with the next fence of the same producer.
/// </para>
/// <para>
/// <b>Thread safety</b>: every member may be called from any thread at any time; several waiters share the completions. <b>Allocates</b>: the
/// constructor, and in rare cases <see cref="Set"/>.
/// </para>
/// </remarks>
[DebuggerDisplay("{Watched} watched, {Ready} ready, {Capacity} slots")]
public sealed partial class FenceWaitSet : IDisposable
{
    /// <summary>The largest <see cref="Capacity"/>.</summary>
    public const int MaxCapacity = FencePool.MaxCapacity;

    private readonly Lock _lock = new();
    private readonly Slot[] _slots;   // under the lock, like all fields below
    private readonly int[] _ready;    // a ring of the indexes of completed slots, each at most once
    private readonly FenceTimeline _arrivals; // one point for each completion
    private readonly FenceTimeline _drains;   // one point for each time that the last watched fence has completed
    private int _readyHead;
    private int _readyCount;
    private int _watched;
    private ulong _arrived;
    private ulong _drained;
    private bool _disposed;

    /// <summary>Creates the set and all its slots.</summary>
    /// <param name="capacity">The number of slots, 1 to <see cref="MaxCapacity"/>.</param>
    /// <param name="options">The clock of timed waits; null for the default.</param>
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

    /// <summary>The number of slots.</summary>
    public int Capacity => _slots.Length;

    /// <summary>The number of slots that wait for their fence.</summary>
    public int Watched => Volatile.Read(ref _watched);

    /// <summary>The number of completions that wait to be taken.</summary>
    public int Ready => Volatile.Read(ref _readyCount);

    /// <summary>Fills a slot. If it has a fence that is pending or not yet reported, that fence is dropped.</summary>
    /// <param name="index">The slot.</param>
    /// <param name="fence">The fence to wait for. A complete fence is reported by the next wait.</param>
    /// <remarks>
    /// Blocks only for other threads that are inside the set, for a few instructions. Allocates a node only when the previous fence of the
    /// slot has signaled and its callback has not run yet, or when two threads fill the slot at the same time.
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
            // The slot was emptied or refilled before the node was added, so the node could not be removed there.
            fence.TryRemoveCallback(node);
        }
    }

    /// <summary>Empties a slot.</summary>
    /// <param name="index">The slot.</param>
    /// <returns>True if there was a fence in the slot. It will not be reported.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such slot.</exception>
    public bool Clear(int index)
    {
        CheckIndex(index);
        bool cleared;
        using (_lock.EnterShieldedScope())
        {
            cleared = ClearLocked(index);
        }

        Announce();
        return cleared;
    }

    /// <summary>Describes the set by the numbers of its slots.</summary>
    /// <returns>For instance <c>3 watched, 1 ready, 8 slots</c>.</returns>
    public override string ToString() => $"{Watched} watched, {Ready} ready, {Capacity} slots";

    /// <summary>Takes a completion, if there is one.</summary>
    /// <param name="result">The slot and the outcome of its fence.</param>
    /// <returns>False when no slot has completed.</returns>
    public bool TryTake(out FenceWaitResult result) => TryTake(out result, out _);

    /// <summary>Empties all slots. Pending waits end with <see cref="ObjectDisposedException"/>. A second call does nothing.</summary>
    public void Dispose()
    {
        using (_lock.EnterShieldedScope())
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

        _arrivals.Dispose();
        _drains.Dispose();
    }

    private void CheckIndex(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _slots.Length);
    }
}
