// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace FenceKit;

/// <summary>
/// The pooled state of one wait for several fences. The deciding member signals a fence of the set's own timeline, and the waiter waits for
/// that fence. So blocking, awaiting, time limits and cancellation are those of a wait for a single fence.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Pooled: its timeline owns nothing that must be released, and points end with the round.")]
internal sealed class FenceSetWait : FenceSet
{
    // The number of the round and its stage. An awaitable that is used a second time finds a different word.
    //
    //   Rented ──TryStart──► Starting ──► Started ──TryGetResult──► Finishing ──Finish──► next round, back to the pool with the last reference
    private long _word;

    private const long StageMask = 3;
    private const long Started = 1;
    private const long Finishing = 2;
    private const long Starting = 3;
    private const long NextRound = 4;

    private readonly FenceTimeline _decided;
    private ulong _target;  // of the point of this round on _decided
    private long _deadline; // of an asynchronous wait; see WaitDeadline
    private TimeSpan _timeout;
    private CancellationToken _cancellationToken;

    internal FenceSetWait()
    {
        _decided = new FenceTimeline("set of fences", FenceTimelineOptions.Default, FenceWaiterPools.Shared);
        _decided.CreateOwnNode();
    }

    internal static FenceSetWait Rent(
        ReadOnlySpan<Fence> fences, FenceSetMode mode, TimeSpan timeout, CancellationToken cancellationToken, bool endsAtFailure = false)
    {
        FenceSetWait wait = FenceSetPool.Rent();
        wait.Begin(fences, mode, endsAtFailure);
        wait._timeout = timeout;
        wait._cancellationToken = cancellationToken;
        return wait;
    }

    internal long Round => Volatile.Read(ref _word) & ~StageMask;

    internal string Describe() => $"{Mode} of several, {FenceText.Of(_timeout)}";

    internal FenceWaitResult Wait()
    {
        Fence fence = IssueFence();
        Start();
        return Finish(fence);
    }

    /// <summary>Starts the wait, and runs the continuation when it has ended.</summary>
    /// <param name="round">The round of the awaitable.</param>
    /// <param name="resumption">Where the continuation runs.</param>
    /// <param name="continuation">The continuation; null if the caller blocks for the result.</param>
    /// <param name="flowsContext">Whether the continuation runs with the caller's execution context.</param>
    /// <returns>False when the wait was started before.</returns>
    internal bool TryStart(long round, ContinuationTarget resumption, Action? continuation, bool flowsContext)
    {
        if (Interlocked.CompareExchange(ref _word, round | Starting, round) != round)
        {
            return false;
        }

        // The awaiter is created first, because the deadline counts from here, while the fence is pending. It is a local, because the set may
        // serve another round as soon as the continuation can run.
        FenceWaitAwaitable awaiter = FenceWaitAwaitable.Begin(_decided, IssueFence().Target, _timeout, _cancellationToken); // reported to the validator with its members
        _deadline = awaiter.Deadline;
        Start();
        Volatile.Write(ref _word, round | Started); // pairs with the CAS in TryGetResult: nobody ends a round whose members are still being added
        if (continuation is not null)
        {
            awaiter.Arm(continuation, resumption, flowsContext ? ExecutionContext.Capture() : null);
        }

        return true;
    }

    /// <summary>
    /// Returns the result of the wait; blocks if it has not ended. False when the result was taken before, or the wait has not begun.
    /// </summary>
    internal bool TryGetResult(long round, out FenceWaitResult result)
    {
        if (Interlocked.CompareExchange(ref _word, round | Finishing, round | Started) != (round | Started))
        {
            result = default;
            return false;
        }

        if (!_decided.HasReached(_target) && AreMembersComplete())
        {
            // Called too early, without an await. The callback of the deciding member may have to run on this very thread, after this code,
            // so the wait must not depend on it.
            _decided.SignalCore(_target);
        }

        result = Finish(awaited: new FenceWaitAwaitable(_decided, _target, _deadline, _cancellationToken));
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
            _decided.SignalCore(_target);
        }

        Release(); // last: while this node has its reference, the set serves no other round
    }

    protected override void OnIdle()
    {
        Forget();
        FenceSetPool.Return(this);
    }

    private Fence IssueFence()
    {
        if (_timeout != Timeout.InfiniteTimeSpan)
        {
            _decided.TimeProvider = FindClock();
        }

        if (_decided.IsPolled)
        {
            _decided.IsPolled = false; // a heuristic of the last wait, which says nothing about this one
        }

        Fence fence = _decided.IssueAlone();
        _target = fence.Target;
        return fence;
    }

    private void Start()
    {
        if (Watch())
        {
            _decided.SignalCore(_target);
        }
    }

    /// <summary>Blocks if the wait has not ended, and ends the round.</summary>
    /// <param name="blocked">The fence of a blocking wait; it was reported to the validator with its members.</param>
    /// <param name="awaited">The awaiter of an asynchronous wait.</param>
    private FenceWaitResult Finish(Fence blocked = default, FenceWaitAwaitable awaited = default)
    {
        OperationCanceledException? canceled = null;
        try
        {
            _ = blocked == default ? awaited.GetResult() : blocked.WaitUnchecked(_timeout, _cancellationToken);
        }
        catch (OperationCanceledException exception)
        {
            canceled = exception;
        }
        catch
        {
            // The thread was interrupted. All nodes must be removed. If a continuation was registered too, it is resumed, and finds that the
            // result was taken.
            _decided.SignalCore(_target);
            EndRound();
            throw;
        }

        FenceWaitResult result = EndRound();
        if (result.IsTimeout && canceled is not null)
        {
            ExceptionDispatchInfo.Throw(canceled); // a complete set takes precedence over a canceled token
        }

        return result;
    }

    private bool AreMembersComplete()
    {
        int complete = 0;
        for (int i = 0; i < MemberCount; i++)
        {
            complete += GetMember(i).IsSignaled ? 1 : 0;
        }

        return complete >= (Mode == FenceSetMode.Any ? 1 : MemberCount);
    }

    /// <summary>Ends the round; the owner's last access to the set.</summary>
    private FenceWaitResult EndRound()
    {
        FenceWaitResult result = Unwatch(out int removed);
        _cancellationToken = default;
        Volatile.Write(ref _word, (_word & ~StageMask) + NextRound);
        Release(1 + removed);
        return result;
    }

    /// <summary>Returns the clock of the wait, which is that of the first member with a timeline.</summary>
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
