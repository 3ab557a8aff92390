// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

// Signaling: moving the counter. The signaler that moves it owns the callbacks of the points that it completes.
public partial class FenceTimeline
{
    /// <summary>Completes every point up to <paramref name="point"/>.</summary>
    /// <param name="point">A point that was issued.</param>
    /// <returns>True if this call moved the counter; false when the point was complete already, and then nothing happens.</returns>
    /// <remarks>
    /// <para>Never blocks, never allocates. When nobody waits, it is one interlocked operation. Callbacks of all completed points run on this
    /// thread, in order of their points, before the method returns, and under no lock.</para>
    /// <para>A callback may signal the next fence, and so on, in a chain of any length. The nested signal also returns after the callbacks of
    /// its fence have run. Only if the stack of the thread is almost used up, it returns at once, and they run after the outer callback has
    /// returned.</para>
    /// <para>Like the kernel's dma_fence_signal, but for all points up to this one, and without a lock around the callbacks.</para>
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The point was never issued.</exception>
    public bool Signal(ulong point)
    {
        CheckIssued(point);
        return ReportsCumulativeSignals
            ? SignalAndReport(TimelineState.TargetOf(point))
            : SignalCore(TimelineState.TargetOf(point));
    }

    /// <summary>Completes every point up to <paramref name="fence"/>.</summary>
    /// <param name="fence">A fence of this timeline.</param>
    /// <returns>True if this call moved the counter.</returns>
    /// <remarks>Behaves like <see cref="Signal(ulong)"/>.</remarks>
    /// <exception cref="ArgumentException">The fence belongs to another timeline.</exception>
    public bool Signal(Fence fence)
    {
        CheckOwn(fence);
        return ReportsCumulativeSignals ? SignalAndReport(fence.Target) : SignalCore(fence.Target);
    }

    /// <summary>Completes every point up to <paramref name="point"/> with an error: all of them fault.</summary>
    /// <param name="point">A point that was issued.</param>
    /// <param name="error">The error; every waiter gets this object.</param>
    /// <returns>True if this call moved the counter; false when the point was complete already, and then its outcome is unchanged.</returns>
    /// <remarks>
    /// Behaves like <see cref="Signal(ulong)"/>, except that it may allocate: memory for the faults that a timeline remembers is allocated
    /// when they occur, sixteen at a time. The error is recorded before the counter moves, so a reader that sees the point complete sees its
    /// fault. A driver whose points have different outcomes must signal them one by one.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The point was never issued.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public bool Signal(ulong point, Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        CheckIssued(point);
        return FaultAndReport(TimelineState.TargetOf(point), error);
    }

    /// <summary>Completes every point up to <paramref name="fence"/> with an error.</summary>
    /// <param name="fence">A fence of this timeline.</param>
    /// <param name="error">The error.</param>
    /// <returns>True if this call moved the counter.</returns>
    /// <remarks>Behaves like <see cref="Signal(ulong, Exception)"/>.</remarks>
    /// <exception cref="ArgumentException">The fence belongs to another timeline.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public bool Signal(Fence fence, Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        CheckOwn(fence);
        return FaultAndReport(fence.Target, error);
    }

    /// <summary>Completes all pending points, and all that will ever be issued, with an error, for example when a device is lost.</summary>
    /// <param name="error">The error.</param>
    /// <returns>True for the first call; false when the timeline was poisoned or disposed before.</returns>
    /// <remarks>Points that are already complete keep their outcome. Callbacks run on this thread. Never blocks, never allocates.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public bool Poison(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return FaultCore(TimelineState.TargetOf(TimelineState.MaxPoint), error, poison: true);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool SignalCore(ulong target)
    {
        if (IsPolled)
        {
            return SignalPolled(target);
        }

        ulong state = _hot.State.Read();
        if (!TimelineState.IsIdle(state))
        {
            return SignalWaiters(state, target);
        }

        // The CAS releases what the producer wrote before; pairs with the acquire read in Fence.IsSignaled.
        return !TimelineState.HasReached(state, target) && (_hot.State.TryMove(state, target) || SignalContended(target));
    }

    /// <summary>
    /// Signals while a thread on another core spins on the fence. That core has the cache line of the state, and reading it first would move
    /// the line twice, for the read and for the write. So the CAS guesses that the previous point is complete and that nobody else waits, and
    /// the state is read only if the guess is wrong.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool SignalPolled(ulong target)
    {
        if (_hot.State.TryMove(target - TimelineState.TargetOf(1), target, out ulong state))
        {
            return true;
        }

        if (TimelineState.IsIdle(state))
        {
            return SignalContended(target);
        }

        IsPolled = false; // there is a waiter in the list, which makes the guess wrong each time
        return SignalWaiters(state, target);
    }

    /// <summary>
    /// Signals when there are waiters. One CAS moves the counter and takes the lock bit, so no callback can be added in between. Not inlined,
    /// so that its cost does not depend on the profile of other timelines.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool SignalWaiters(ulong state, ulong target)
    {
        if (TimelineState.HasReached(state, target))
        {
            return false;
        }

        if (TimelineState.IsLocked(state)
            || !CallbackTrampoline.HasRoom // the callback of a lone waiter would run user code on this stack
            || !_hot.State.TryMoveAndEnter(state, target))
        {
            return SignalContended(target);
        }

        if (FenceContract.IsChecked || HasGivenUp || !_hot.Waiters.TryTakeOnly(target, out FenceCallback? only))
        {
            return RunUpTo(target);
        }

        only.Detach(FenceStatus.Signaled, error: null);
        LeaveLock(target, hasWaiters: false);
        ContinuationBatch continuations = ContinuationBatch.WithRoom();
        only.Run(ref continuations);
        continuations.Flush();
        return true;
    }

    private bool SignalContended(ulong target) => SignalContended(target, out _);

    /// <summary>Signals from any state: retries until the counter has moved, by this call or another.</summary>
    /// <param name="target">The point.</param>
    /// <param name="state">The state before the signal.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool SignalContended(ulong target, out ulong state)
    {
        SpinBackoff backoff = default;
        while (true)
        {
            state = _hot.State.Read();
            if (TimelineState.HasReached(state, target))
            {
                return false;
            }

            if (TimelineState.IsLocked(state))
            {
                backoff.Once();
                continue;
            }

            if (TimelineState.HasWaiters(state))
            {
                if (_hot.State.TryMoveAndEnter(state, target))
                {
                    return RunUpTo(target);
                }
            }
            else if (_hot.State.TryMove(state, target))
            {
                return true;
            }
        }
    }

    /// <summary>Called with the lock bit, which it releases: removes the callbacks up to a point from the list, and runs them.</summary>
    /// <returns>True.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RunUpTo(ulong target)
    {
        FenceCallback? batch = DetachUpTo(target, FenceStatus.Signaled, error: null);
        _faults.SettleGivenUp(ref _trail, TimelineState.PointOf(target));
        LeaveLock(target);
        RunAll(batch);
        return true;
    }

    /// <summary>Completes points with an error. Takes the lock bit first, because the fault must be recorded before the counter moves.</summary>
    internal bool FaultCore(ulong target, Exception error, bool poison) => FaultCore(target, error, poison, out _);

    /// <inheritdoc cref="FaultCore(ulong, Exception, bool)"/>
    /// <param name="target">The point.</param>
    /// <param name="error">The error.</param>
    /// <param name="poison">Whether all later points fault too.</param>
    /// <param name="first">The first point that faults, if the result is true.</param>
    private bool FaultCore(ulong target, Exception error, bool poison, out ulong first)
    {
        ulong state = EnterLock();
        first = TimelineState.PointOf(state) + 1;
        if (TimelineState.HasReached(state, target))
        {
            LeaveLock(state);
            return false;
        }

        RecordFault(first, TimelineState.PointOf(target), error, poison);
        FenceCallback? batch = ReferenceEquals(error, FaultLog.UnknownOutcome)
            ? DetachUpTo(target, FenceStatus.Retired, error: null)
            : DetachUpTo(target, FenceStatus.Faulted, error);
        LeaveLock(target); // moves the counter, and releases the writes to the log above; pairs with the acquire read in GetOutcome

        // All other signals are a CAS, and callers may rely on its full fence (signal, then read a flag), so this one has a full fence too.
        Interlocked.MemoryBarrier();
        CountFaults(first, poison ? Issued : TimelineState.PointOf(target), error, poison);
        RunAll(batch);
        return true;
    }

    /// <summary>
    /// Completes every point up to <paramref name="point"/> if nobody waits on the timeline. For signalers that hold a lock, under which
    /// callbacks must not run.
    /// </summary>
    /// <returns>False when there is a waiter, when one is being added, or when the point is complete already; then nothing has happened.</returns>
    internal bool TrySignalQuietly(ulong point)
    {
        ulong target = TimelineState.TargetOf(point);
        ulong state = _hot.State.Read();

        // The CAS releases what the producer wrote before, as in SignalCore.
        return TimelineState.IsIdle(state) && !TimelineState.HasReached(state, target) && _hot.State.TryMove(state, target);
    }

    private void CheckOwn(Fence fence)
    {
        if (!ReferenceEquals(fence.Timeline, this))
        {
            FenceThrow.ForeignFence(Name, fence);
        }
    }
}
