// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace FenceKit;

/// <summary>
/// The pooled state of one wait for several fences. Who decides runs the continuation of a plain <c>await</c>; all other waits are for a fence
/// of the set's own, which the decider signals, so blocking, timing out and canceling are those of a single fence.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Pooled: its timeline owns nothing that must be released, and points end with the round.")]
internal sealed partial class FenceSetWait : FenceSet
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
        ReadOnlySpan<Fence> fences, FenceArrayMode mode, TimeSpan timeout, CancellationToken cancellationToken, bool endsAtFailure = false)
    {
        FenceSetWait wait = FenceSetPool.Rent();
        wait.Begin(fences, mode, endsAtFailure);
        wait._timeout = timeout;
        wait._cancellationToken = cancellationToken;
        return wait;
    }

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
            if (_isPlain)
            {
                Lend();
                return;
            }

            _decided.SignalCore(_fence.Target);
        }

        Release(); // not before: while we hold a reference, the set serves no other round
    }

    protected override void OnIdle()
    {
        Forget();
        FenceSetPool.Return(this);
    }

    /// <summary>
    /// Runs the continuation, and lends it the reference of the one that decided: the set is free as soon as the result is taken, so whoever waits
    /// again in the continuation gets the same one; and not before, while the continuation is on its way to the thread pool in a node of the set.
    /// Either call is the last touch.
    /// </summary>
    private void Lend()
    {
        if (_continuation.RunsAtOnce && CallbackTrampoline.HasRoom)
        {
            HeldGates.CheckNone();
            Action continuation = _continuation.TakeBareContinuation();
            try
            {
                continuation();
            }
            catch (Exception exception)
            {
                FenceTimeline.ReportUserFault("a continuation", exception); // whoever decided, a signaler or a timer, is not to blame
            }
        }
        else
        {
            _continuation.Dispatch();
        }
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
            AddReference(); // no member decided: none has one to lend
            Lend();
        }
        else
        {
            _decided.SignalCore(_fence.Target);
        }
    }

    /// <param name="held">How many references the caller gives back: its own, and one that was lent to it.</param>
    private FenceWaitResult Finish(int held = 1)
    {
        FenceWaitResult result = Unwatch(out int removed);
        if (!_isPlain)
        {
            _awaiter = default;
            _cancellationToken = default;
        }

        EndRound(removed + held);
        return result;
    }

    /// <summary>The last touch of the set by its owner.</summary>
    private void EndRound(int references)
    {
        Volatile.Write(ref _word, (_word & ~StageMask) + NextRound);
        Release(references);
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
