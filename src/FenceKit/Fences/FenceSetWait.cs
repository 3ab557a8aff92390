// SPDX-License-Identifier: MIT
using System.Runtime.ExceptionServices;

namespace FenceKit;

/// <summary>
/// The pooled state of one wait for several fences. Who decides signals a fence of the set's own, so blocking, awaiting, timing out and
/// canceling are those of a single fence.
/// </summary>
#pragma warning disable CA1001 // Pooled: its timeline owns nothing that must be released, and points end with the round.
internal sealed class FenceSetWait : FenceSet
{
    // Which rental this is, and how far it has got: an awaitable that is used twice finds another word.
    //
    //   Rented ──TryStart──► Started ──TryGetResult──► Finishing ──Finish──► next round, back to the pool with the last reference
    private long _word;

    private const long StageMask = 3;
    private const long Started = 1;
    private const long Finishing = 2;
    private const long NextRound = 4;

    private readonly FenceTimeline _decided;
    private Fence _fence;
    private FenceAwaiter _plainAwaiter; // of a wait without limit and token
    private FenceWaitAwaiter _awaiter;  // of the others
    private bool _isPlain;

    internal FenceSetWait() =>
        _decided = new FenceTimeline("set of fences", FenceTimelineOptions.Default, FenceWaiterPools.Shared);

    internal static FenceSetWait Rent(ReadOnlySpan<Fence> fences, FenceArrayMode mode)
    {
        FenceSetWait wait = FenceWaiterPools.RentSet();
        wait.Begin(fences, mode);
        wait._decided.TimeProvider = ClockOf(fences);
        wait._fence = wait._decided.IssueAlone();
        return wait;
    }

    internal long Round => Volatile.Read(ref _word) & ~StageMask;

    internal FenceWaitResult Wait(TimeSpan timeout, CancellationToken cancellationToken)
    {
        OperationCanceledException? canceled = null;
        try
        {
            Start();
            _fence.WaitUnchecked(timeout, cancellationToken); // announced with its members
        }
        catch (OperationCanceledException exception)
        {
            canceled = exception;
        }
        catch
        {
            Finish(); // Interrupted: nothing may stay behind in the lists.
            throw;
        }

        return Judge(Finish(), canceled);
    }

    /// <summary>Begins the wait, and has the continuation run when it is over. False when it has begun before.</summary>
    internal bool TryStart(
        long round, FencePlace place, Action? continuation, bool flowsContext, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _word, round | Started, round) != round)
        {
            return false;
        }

        // First the awaiter, while our fence is pending: it rents its node here. And into a local: once the continuation may run, the
        // set may serve another round.
        if (timeout == Timeout.InfiniteTimeSpan && !cancellationToken.CanBeCanceled)
        {
            _isPlain = true;
            FenceAwaiter plain = _plainAwaiter = new FenceAwaiter(_fence, place);
            Start();
            if (continuation is not null)
            {
                plain.OnCompleted(continuation, flowsContext);
            }
        }
        else
        {
            _isPlain = false;
            FenceWaitAwaiter awaiter = _awaiter = new FenceWaitAwaiter(_fence, timeout, place, cancellationToken);
            Start();
            if (continuation is not null)
            {
                awaiter.OnCompleted(continuation, flowsContext);
            }
        }

        return true;
    }

    /// <summary>After the await. False when it has been asked before, or was never started.</summary>
    internal bool TryGetResult(long round, out FenceWaitResult result)
    {
        if (Interlocked.CompareExchange(ref _word, round | Finishing, round | Started) != (round | Started))
        {
            result = default;
            return false;
        }

        OperationCanceledException? canceled = null;
        try
        {
            if (_isPlain)
            {
                _plainAwaiter.GetResult();
            }
            else
            {
                _awaiter.GetResult();
            }
        }
        catch (OperationCanceledException exception)
        {
            canceled = exception;
        }
        catch
        {
            Finish(); // Interrupted, asked for the result before the await was over.
            throw;
        }

        result = Judge(Finish(), canceled);
        return true;
    }

    internal override void DescribeWaits(Fence member, List<FenceWait> waits)
    {
        foreach ((FenceCallback callback, _, _) in _decided.CopyWaiting())
        {
            callback.DescribeWaits(member, waits);
        }
    }

    internal override void OnMemberSignaled(int index, FenceStatus status)
    {
        if (Complete(index, status))
        {
            _decided.SignalCore(_fence.Target);
        }

        Release();
    }

    protected override void OnIdle()
    {
        Forget();
        FenceWaiterPools.Return(this);
    }

    private void Start()
    {
        if (Watch())
        {
            _decided.SignalCore(_fence.Target);
        }
    }

    private FenceWaitResult Finish()
    {
        FenceWaitResult result = Unwatch(out int removed);
        if (_isPlain)
        {
            _plainAwaiter = default;
        }
        else
        {
            _awaiter = default;
        }

        Volatile.Write(ref _word, (_word & ~StageMask) + NextRound);
        Release(removed + 1); // the last touch of the set on this thread
        return result;
    }

    /// <summary>A complete set wins over a canceled token.</summary>
    private static FenceWaitResult Judge(FenceWaitResult result, OperationCanceledException? canceled)
    {
        if (result.IsTimeout && canceled is not null)
        {
            ExceptionDispatchInfo.Throw(canceled);
        }

        return result;
    }

    /// <summary>One wait has one clock: that of the first member that has one.</summary>
    private static TimeProvider ClockOf(ReadOnlySpan<Fence> fences)
    {
        foreach (Fence fence in fences)
        {
            if (fence.Timeline is { } timeline)
            {
                return timeline.TimeProvider;
            }
        }

        return TimeProvider.System;
    }
}
