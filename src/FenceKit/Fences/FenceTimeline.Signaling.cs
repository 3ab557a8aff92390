// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

// Moving the counter. The signaler that moves it owns the callbacks that it passes.
public partial class FenceTimeline
{
    /// <summary>Completes every point up to <paramref name="point"/>.</summary>
    /// <param name="point">A point that was issued.</param>
    /// <returns>True for the one caller who moved the counter; false when the point was complete already (nothing happens then).</returns>
    /// <remarks>
    /// <para>Never blocks, never allocates. When nobody waits it is one interlocked operation. Callbacks of all completed points run on
    /// this thread, in order of their points, before the method returns, and under no lock.</para>
    /// <para>A callback may signal the next fence, and so on, in a chain of any length. Its signal, too, returns when the callbacks of that
    /// fence have run; only where the stack of the thread is almost used up it returns at once, and they run when the callback has returned.</para>
    /// <para>As dma_fence_signal, but for all points up to this one, and without the lock around callbacks.</para>
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
    /// <returns>True for the one caller who moved the counter.</returns>
    /// <remarks>As <see cref="Signal(ulong)"/>.</remarks>
    /// <exception cref="ArgumentException">The fence belongs to another timeline.</exception>
    public bool Signal(Fence fence)
    {
        CheckOwn(fence);
        return ReportsCumulativeSignals ? SignalAndReport(fence.Target) : SignalCore(fence.Target);
    }

    /// <summary>Completes every point up to <paramref name="point"/> with an error: all of them fault.</summary>
    /// <param name="point">A point that was issued.</param>
    /// <param name="error">What went wrong; every waiter gets this object.</param>
    /// <returns>True for the one caller who moved the counter; false when the point was complete already: its outcome stays as it was.</returns>
    /// <remarks>
    /// As <see cref="Signal(ulong)"/>, but that it may allocate: the memory for the faults that a timeline remembers comes with the faults, sixteen at a
    /// time. The error is recorded before the counter moves, so a reader that sees the point complete sees its fault.
    /// A driver that must tell points apart signals them one by one.
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
    /// <param name="error">What went wrong.</param>
    /// <returns>True for the one caller who moved the counter.</returns>
    /// <remarks>As <see cref="Signal(ulong, Exception)"/>.</remarks>
    /// <exception cref="ArgumentException">The fence belongs to another timeline.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public bool Signal(Fence fence, Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        CheckOwn(fence);
        return FaultAndReport(fence.Target, error);
    }

    /// <summary>Completes everything that is pending, and everything that will ever be issued, with an error: the device is lost.</summary>
    /// <param name="error">Why.</param>
    /// <returns>True for the call that did it; false when the timeline was poisoned or disposed before.</returns>
    /// <remarks>Points that completed before keep their outcome. Callbacks run on this thread. Never blocks, never allocates.</remarks>
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

        // Release for what the producer wrote before; pairs with the acquire read in Fence.IsSignaled.
        return !TimelineState.HasReached(state, target) && (_hot.State.TryMove(state, target) || SignalContended(target));
    }

    /// <summary>
    /// A thread polls, on another core. It has the cache line of the state, and if we read first, the line travels twice: to be read,
    /// and to be written. So guess that the point before is complete and that nobody waits, and read only if that is wrong.
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

        IsPolled = false; // somebody waits otherwise than by polling: with them the guess is wrong each time
        return SignalWaiters(state, target);
    }

    /// <summary>
    /// Callbacks wait. One CAS moves the counter and takes the lock bit: no callback can slip in between. Out of line, so that its
    /// cost does not depend on what the compiler saw of other timelines.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool SignalWaiters(ulong state, ulong target)
    {
        if (TimelineState.HasReached(state, target))
        {
            return false;
        }

        if (TimelineState.IsLocked(state)
            || !CallbackTrampoline.HasRoom // the only one that waits may run user code on this stack
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

    /// <summary>Signals whatever the state is.</summary>
    /// <param name="target">The point.</param>
    /// <param name="state">The state that the counter left, or that was at or behind the point already.</param>
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

    /// <summary>Under the lock bit, which it leaves: takes the callbacks up to a point out of the list, and runs them.</summary>
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

    /// <summary>A fault takes the lock bit first: the log must say what happened before the counter shows that it happened.</summary>
    internal bool FaultCore(ulong target, Exception error, bool poison) => FaultCore(target, error, poison, out _);

    /// <inheritdoc cref="FaultCore(ulong, Exception, bool)"/>
    /// <param name="target">The point.</param>
    /// <param name="error">What went wrong.</param>
    /// <param name="poison">Whether all later points fault too.</param>
    /// <param name="first">The first point that faults, where the result is true.</param>
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
        LeaveLock(target); // moves the counter: a release of the log above; pairs with the acquire read in Fence.GetStatus

        // Every other signal is a CAS, and callers may count on its full fence (signal, then look at a flag); so this one has it too.
        Interlocked.MemoryBarrier();
        CountFaults(first, poison ? Issued : TimelineState.PointOf(target), error, poison);
        RunAll(batch);
        return true;
    }

    /// <summary>
    /// Completes every point up to <paramref name="point"/> if nobody waits for any: for signalers with a lock of their own, under which callbacks must
    /// not run.
    /// </summary>
    /// <returns>False when somebody waits, when somebody is just coming to wait, or when it is complete already: then nothing has happened.</returns>
    internal bool TrySignalQuietly(ulong point)
    {
        ulong target = TimelineState.TargetOf(point);
        ulong state = _hot.State.Read();

        // Release for what the producer wrote before, as in SignalCore.
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
