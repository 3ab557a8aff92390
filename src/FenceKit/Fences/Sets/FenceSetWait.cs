// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace FenceKit;

/// <summary>
/// The pooled state of one wait for several fences. It is a wait for one fence of the set's own, which the member that decides signals; so
/// blocking, awaiting, timing out and canceling are those of a single fence.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Pooled: its timeline owns nothing that must be released, and points end with the round.")]
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
    private ulong _target;  // of the round's point on it
    private long _deadline; // of a wait that is awaited, see WaitDeadline
    private TimeSpan _timeout;
    private CancellationToken _cancellationToken;

    internal FenceSetWait()
    {
        _decided = new FenceTimeline("set of fences", FenceTimelineOptions.Default, FenceWaiterPools.Shared);
        _decided.KeepNode();
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

    /// <summary>Begins the wait, and has the continuation run when it is over.</summary>
    /// <param name="round">Which rental of the set the awaitable is of.</param>
    /// <param name="resumption">Where the continuation runs.</param>
    /// <param name="continuation">The continuation; null for one who asks for the result without it.</param>
    /// <param name="flowsContext">Whether it runs with the caller's execution context.</param>
    /// <returns>False when the wait has begun before.</returns>
    internal bool TryStart(long round, ContinuationTarget resumption, Action? continuation, bool flowsContext)
    {
        if (Interlocked.CompareExchange(ref _word, round | Started, round) != round)
        {
            return false;
        }

        // First the awaiter: its time begins here, and while our fence is pending. And into a local: once the continuation may run, the set may
        // serve another round.
        FenceWaitAwaitable awaiter = FenceWaitAwaitable.Begin(_decided, IssueFence().Target, _timeout, _cancellationToken); // announced with its members
        _deadline = awaiter.Deadline;
        Start();
        if (continuation is not null)
        {
            awaiter.Arm(continuation, resumption, flowsContext ? ExecutionContext.Capture() : null);
        }

        return true;
    }

    /// <summary>How the wait ended; blocks if it has not. False when it was asked before, or the wait was never started.</summary>
    internal bool TryGetResult(long round, out FenceWaitResult result)
    {
        if (Interlocked.CompareExchange(ref _word, round | Finishing, round | Started) != (round | Started))
        {
            result = default;
            return false;
        }

        if (!_decided.HasReached(_target) && AreMembersComplete())
        {
            // Asked too early, by hand: the member that decides may stand behind the code that asks, so nobody may wait for its turn.
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

        Release(); // not before: while we hold a reference, the set serves no other round
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
            _decided.IsPolled = false; // the next wait is somebody else's
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

    /// <summary>Blocks, if the wait is not over, and ends the round.</summary>
    /// <param name="blocked">The fence of a wait without a continuation; it was announced with its members.</param>
    /// <param name="awaited">How the wait was awaited, where it was.</param>
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
            // Interrupted: nothing may stay behind in the lists, and a continuation that was given as well goes on and hears that the wait was used.
            _decided.SignalCore(_target);
            EndRound();
            throw;
        }

        FenceWaitResult result = EndRound();
        if (result.IsTimeout && canceled is not null)
        {
            ExceptionDispatchInfo.Throw(canceled); // a complete set wins over a canceled token
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

    /// <summary>The last touch of the set by its owner.</summary>
    private FenceWaitResult EndRound()
    {
        FenceWaitResult result = Unwatch(out int removed);
        _cancellationToken = default;
        Volatile.Write(ref _word, (_word & ~StageMask) + NextRound);
        Release(1 + removed);
        return result;
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
