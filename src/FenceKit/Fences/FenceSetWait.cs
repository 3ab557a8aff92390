// SPDX-License-Identifier: MIT
using System.Runtime.ExceptionServices;

namespace FenceKit;

/// <summary>
/// The pooled state of one wait for several fences. Who decides runs the continuation of a plain <c>await</c>; all other waits are for a fence
/// of the set's own, which the decider signals, so blocking, timing out and canceling are those of a single fence.
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

    private readonly FenceContinuationNode _continuation = new(); // of an await without limit and token
    private readonly FenceTimeline _decided;
    private Fence _fence;
    private FenceWaitAwaiter _awaiter; // of an await with one
    private bool _isPlain;
    private TimeSpan _timeout;
    private CancellationToken _cancellationToken;

    internal FenceSetWait()
    {
        _decided = new FenceTimeline("set of fences", FenceTimelineOptions.Default, FenceWaiterPools.Shared);
        _decided.KeepNode();
    }

    internal static FenceSetWait Rent(
        ReadOnlySpan<Fence> fences, FenceArrayMode mode, TimeSpan timeout, CancellationToken cancellationToken)
    {
        FenceSetWait wait = FenceWaiterPools.RentSet();
        wait.Begin(fences, mode);
        wait._timeout = timeout;
        wait._cancellationToken = cancellationToken;
        return wait;
    }

    /// <summary>Where the continuation runs, for an awaiter that says that it is kept here.</summary>
    internal FencePlace Scheduler { get; private set; }

    internal long Round => Volatile.Read(ref _word) & ~StageMask;

    internal FenceWaitResult Wait()
    {
        OperationCanceledException? canceled = null;
        try
        {
            IssueFence();
            Start();
            _fence.WaitUnchecked(_timeout, _cancellationToken); // announced with its members
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
    internal bool TryStart(long round, FencePlace place, Action? continuation, bool flowsContext)
    {
        if (Interlocked.CompareExchange(ref _word, round | Started, round) != round)
        {
            return false;
        }

        if (continuation is not null && _timeout == Timeout.InfiniteTimeSpan && !_cancellationToken.CanBeCanceled)
        {
            _isPlain = true;
            _continuation.SetContinuation(continuation, place, flowsContext ? ExecutionContext.Capture() : null);
            Start();
            return true;
        }

        // First the awaiter: its time begins here, and while our fence is pending. And into a local: once the continuation may run, the set may
        // serve another round.
        IssueFence();
        FenceWaitAwaiter awaiter = _awaiter = new FenceWaitAwaiter(_decided, _fence.Target, _timeout, _cancellationToken);
        Start();
        if (continuation is not null)
        {
            awaiter.Arm(continuation, place, flowsContext ? ExecutionContext.Capture() : null);
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

        if (_isPlain && _continuation.IsConsumed)
        {
            result = Finish();
            return true;
        }

        OperationCanceledException? canceled = null;
        try
        {
            WaitForResult();
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

    /// <summary>For an awaiter, which has no room for a scheduler. Does nothing in a later round.</summary>
    internal void SetScheduler(long round, TaskScheduler scheduler)
    {
        if (Volatile.Read(ref _word) == round)
        {
            Scheduler = FencePlace.On(scheduler);
        }
    }

    internal string Describe() => $"{Mode} of several, {FenceText.Of(_timeout)}";

    internal override void DescribeWaits(Fence member, List<FenceWait> waits)
    {
        if (Volatile.Read(ref _isPlain))
        {
            _continuation.DescribeWaits(member, waits);
            return;
        }

        foreach ((FenceCallback callback, _, _) in _decided.CopyWaiting())
        {
            callback.DescribeWaits(member, waits);
        }
    }

    internal override void OnMemberSignaled(int index, FenceStatus status)
    {
        if (Complete(index, status))
        {
            Decide();
        }

        Release(); // not before: while we hold a reference, the set serves no other round
    }

    protected override void OnIdle()
    {
        Scheduler = default;
        Forget();
        FenceWaiterPools.Return(this);
    }

    private void IssueFence()
    {
        _isPlain = false;
        _decided.TimeProvider = FindClock();
        _decided.IsLookedAt = false; // the next wait is somebody else's
        _fence = _decided.IssueAlone();
    }

    private void Start()
    {
        if (Watch())
        {
            Decide();
        }
    }

    private void Decide()
    {
        if (_isPlain)
        {
            _continuation.Dispatch(); // the last touch, if it is Watch that decides: the continuation gives the set back
        }
        else
        {
            _decided.SignalCore(_fence.Target);
        }
    }

    /// <summary>Blocks, if need be, until a wait is over that somebody asks for its result.</summary>
    private void WaitForResult()
    {
        if (!_isPlain)
        {
            _awaiter.GetResult();
        }
        else if (Mode == FenceArrayMode.Any)
        {
            Fence.WaitAny(CopyMembers(), Timeout.InfiniteTimeSpan);
        }
        else
        {
            Fence.WaitAll(CopyMembers(), Timeout.InfiniteTimeSpan);
        }
    }

    private FenceWaitResult Finish()
    {
        FenceWaitResult result = Unwatch(out int removed);
        if (!_isPlain)
        {
            _awaiter = default;
            _cancellationToken = default;
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

    private Fence[] CopyMembers()
    {
        Fence[] members = new Fence[MemberCount];
        for (int i = 0; i < members.Length; i++)
        {
            members[i] = GetMember(i);
        }

        return members;
    }

    /// <summary>One wait has one clock: that of the first member that has one.</summary>
    private TimeProvider FindClock()
    {
        for (int i = 0; i < MemberCount; i++)
        {
            if (GetMember(i).Timeline is { } timeline)
            {
                return timeline.TimeProvider;
            }
        }

        return TimeProvider.System;
    }
}
