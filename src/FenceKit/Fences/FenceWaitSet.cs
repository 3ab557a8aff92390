// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

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
public sealed class FenceWaitSet : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Slot[] _slots;   // all fields below: under the gate
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
    /// <param name="capacity">How many slots, at least 1.</param>
    /// <param name="options">The clock of timed waits; null for the usual one.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is less than 1.</exception>
    public FenceWaitSet(int capacity, FenceTimelineOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
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

    private enum SlotState
    {
        Empty = 0,
        Watched = 1,
        Ready = 2,
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
    /// callback has not come through yet.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">There is no such slot.</exception>
    /// <exception cref="ObjectDisposedException">The set is disposed.</exception>
    public void Set(int index, Fence fence)
    {
        CheckIndex(index);
        Node node;
        _gate.EnterShielded();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            ClearLocked(index);
            ref Slot slot = ref _slots[index];
            slot.State = SlotState.Watched;
            slot.Fence = fence;
            _watched++;
            node = slot.Node;
            if (!fence.TryAddCallback(node))
            {
                FenceStatus status = fence.GetStatus(out Exception? error);
                CompleteLocked(index, status, error);
                node = null!;
            }
        }
        finally
        {
            _gate.Exit();
        }

        if (node is null)
        {
            Announce();
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
        _gate.EnterShielded();
        try
        {
            cleared = ClearLocked(index);
        }
        finally
        {
            _gate.Exit();
        }

        Announce();
        return cleared;
    }

    /// <summary>Takes a completion if there is one.</summary>
    /// <param name="result">The slot and the outcome of its fence.</param>
    /// <returns>False when no slot has completed.</returns>
    public bool TryTake(out FenceWaitResult result) => TryTake(out result, out _);

    /// <summary>Blocks until a slot has completed, takes it and empties the slot.</summary>
    /// <param name="timeout">How long at most; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fences.</param>
    /// <returns>The slot and the outcome of its fence; <see cref="FenceStatus.Pending"/> when the time ran out.</returns>
    /// <remarks>Allocates nothing in steady state. An empty set waits too: another thread may fill a slot.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled before a slot completed.</exception>
    /// <exception cref="ObjectDisposedException">The set is disposed, or was while this waited.</exception>
    public FenceWaitResult WaitAny(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        WaitBudget budget = WaitBudget.Start(_arrivals.TimeProvider, timeout);
        while (true)
        {
            if (TryTake(out FenceWaitResult result, out Fence arrival))
            {
                return result;
            }

            if (arrival.Wait(budget.Remaining, cancellationToken) == FenceStatus.Pending)
            {
                return result;
            }
        }
    }

    /// <summary>Waits, without a thread, until a slot has completed, takes it and empties the slot.</summary>
    /// <param name="timeout">How long at most.</param>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fences.</param>
    /// <returns>A task to await once: as <see cref="WaitAny(TimeSpan, CancellationToken)"/>.</returns>
    /// <remarks>Code after the await runs in the captured context or on the thread pool, never on the signaler's stack.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond about 49 days.</exception>
    public ValueTask<FenceWaitResult> WaitAnyAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        FenceThrow.IfBeyondTimers(timeout);
        return TakeAsync(timeout, cancellationToken);
    }

    /// <summary>Blocks until no slot waits for its fence. Takes nothing.</summary>
    /// <param name="timeout">How long at most; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fences.</param>
    /// <returns>False when the time ran out.</returns>
    /// <remarks>The outcomes are those that <see cref="TryTake(out FenceWaitResult)"/> reports afterwards.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    /// <exception cref="ObjectDisposedException">The set is disposed, or was while this waited.</exception>
    public bool WaitAll(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        WaitBudget budget = WaitBudget.Start(_drains.TimeProvider, timeout);
        while (!IsDrained(out Fence drain))
        {
            if (drain.Wait(budget.Remaining, cancellationToken) == FenceStatus.Pending)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Empties all slots. Waits that are under way end with <see cref="ObjectDisposedException"/>. A second call does nothing.</summary>
    public void Dispose()
    {
        _gate.EnterShielded();
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
            _gate.Exit();
        }

        _arrivals.Dispose();
        _drains.Dispose();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<FenceWaitResult> TakeAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        WaitBudget budget = WaitBudget.Start(_arrivals.TimeProvider, timeout);
        while (true)
        {
            if (TryTake(out FenceWaitResult result, out Fence arrival))
            {
                return result;
            }

            FenceWaitAwaitable wait = arrival.WaitAsync(budget.Remaining, cancellationToken);
            if (await wait.ConfigureAwait(FenceContinuation.ThreadPool) == FenceStatus.Pending)
            {
                return result;
            }
        }
    }

    private bool TryTake(out FenceWaitResult result, out Fence arrival)
    {
        _gate.EnterShielded();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_readyCount == 0)
            {
                result = new FenceWaitResult(FenceStatus.Pending, -1);
                arrival = new Fence(_arrivals, _arrived + 1);
                return false;
            }

            int index = _ready[_readyHead];
            _readyHead = (_readyHead + 1) % _ready.Length;
            _readyCount--;
            ref Slot slot = ref _slots[index];
            result = new FenceWaitResult(slot.Status, index, slot.Error);
            slot.Reset();
            arrival = default;
            return true;
        }
        finally
        {
            _gate.Exit();
        }
    }

    private bool IsDrained(out Fence drain)
    {
        _gate.EnterShielded();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            drain = new Fence(_drains, _drained + 1);
            return _watched == 0;
        }
        finally
        {
            _gate.Exit();
        }
    }

    private void OnSignaled(Node node, FenceStatus status, Exception? error)
    {
        _gate.EnterShielded();
        try
        {
            if (!ReferenceEquals(_slots[node.Index].Node, node))
            {
                return; // the slot was filled anew or emptied while we were on our way
            }

            CompleteLocked(node.Index, status, error);
        }
        finally
        {
            _gate.Exit();
        }

        Announce();
    }

    private void CompleteLocked(int index, FenceStatus status, Exception? error)
    {
        ref Slot slot = ref _slots[index];
        Debug.Assert(slot.State == SlotState.Watched, "A slot completes once.");
        slot.State = SlotState.Ready;
        slot.Status = status;
        slot.Error = error;
        _ready[(_readyHead + _readyCount) % _ready.Length] = index;
        _readyCount++;
        _arrived++;
        StopWatchingLocked();
    }

    private bool ClearLocked(int index)
    {
        ref Slot slot = ref _slots[index];
        switch (slot.State)
        {
            case SlotState.Empty:
                return false;
            case SlotState.Watched:
                if (slot.Fence.TryRemoveCallback(slot.Node) != FenceCallbackRemoval.Removed)
                {
                    // Its callback is on the way and waits for our gate, or stands behind others: it will find another node here.
                    slot.Node = new Node(this, index);
                }

                StopWatchingLocked();
                break;
            default:
                DropFromReadyLocked(index);
                break;
        }

        slot.Reset();
        return true;
    }

    private void StopWatchingLocked()
    {
        if (--_watched == 0)
        {
            _drained++;
        }
    }

    private void DropFromReadyLocked(int index)
    {
        int kept = 0;
        for (int i = 0; i < _readyCount; i++)
        {
            int ready = _ready[(_readyHead + i) % _ready.Length];
            if (ready != index)
            {
                _ready[(_readyHead + kept++) % _ready.Length] = ready;
            }
        }

        _readyCount = kept;
    }

    /// <summary>Outside the gate: those who wait run here. Counters only rise, so announcing late or twice is harmless.</summary>
    private void Announce()
    {
        _arrivals.SignalCore(TimelineState.TargetOf(Volatile.Read(ref _arrived)));
        _drains.SignalCore(TimelineState.TargetOf(Volatile.Read(ref _drained)));
    }

    private void CheckIndex(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _slots.Length);
    }

    private struct Slot
    {
        internal Node Node;
        internal SlotState State;
        internal Fence Fence;
        internal FenceStatus Status;
        internal Exception? Error;

        internal void Reset()
        {
            State = SlotState.Empty;
            Fence = default;
            Error = null;
        }
    }

    private sealed class Node(FenceWaitSet owner, int index) : FenceCallback
    {
        internal int Index => index;

        protected override void OnSignaled(FenceStatus status, Exception? fault) => owner.OnSignaled(this, status, fault);
    }
}
