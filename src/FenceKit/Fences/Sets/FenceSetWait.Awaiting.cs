// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// The await of a wait for several: what its awaiter asks for.
internal sealed partial class FenceSetWait
{
    /// <summary>Begins the wait, and has the continuation run when it is over. The usual case: inline or on the thread pool.</summary>
    /// <returns>False when it has begun before.</returns>
    internal bool TryStart(long round, Action continuation, bool isInline)
    {
        if (_timeout != Timeout.InfiniteTimeSpan || _cancellationToken.CanBeCanceled)
        {
            return TryStart(round, isInline ? FenceContinuation.Inline : FenceContinuation.ThreadPool, continuation, flowsContext: false);
        }

        if (Interlocked.CompareExchange(ref _word, round | Started, round) != round)
        {
            return false;
        }

        _isPlain = true;
        _continuation.SetBareContinuation(continuation, isInline);
        Start();
        return true;
    }

    /// <inheritdoc cref="TryStart(long, Action, bool)"/>
    [MethodImpl(MethodImplOptions.NoInlining)]
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
        FenceWaitAwaiter awaiter = _awaiter = new FenceWaitAwaitable(_decided, _fence.Target, _timeout, _cancellationToken).GetAwaiter();
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
            result = Finish(held: 2); // see Lend
            return true;
        }

        result = FinishUnusual();
        return true;
    }

    /// <summary>A wait with a limit or a token; or a plain one whose result is asked for too early, by hand, and which blocks.</summary>
    private FenceWaitResult FinishUnusual()
    {
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
            // Interrupted, asked for the result before the await was over: a continuation goes on, and hears that the wait was used.
            if (!_isPlain)
            {
                _decided.SignalCore(_fence.Target);
            }

            FinishBesideContinuation();
            throw;
        }

        return Judge(FinishBesideContinuation(), canceled);
    }

    /// <summary>
    /// As <see cref="Finish"/>, where a continuation may still be on its way, or nobody but us is left to send it there. What is lent to such a
    /// one nobody gives back, so this set is not used again.
    /// </summary>
    private FenceWaitResult FinishBesideContinuation()
    {
        if (!_isPlain)
        {
            return Finish();
        }

        FenceWaitResult result = Unwatch(out int removed, out bool isOurs);
        if (isOurs)
        {
            AddReference();
        }

        EndRound(removed + 1);
        if (isOurs)
        {
            Lend();
        }

        return result;
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
            _ = Fence.WaitAny(CopyMembers(), Timeout.InfiniteTimeSpan);
        }
        else
        {
            _ = Fence.WaitAll(CopyMembers(), Timeout.InfiniteTimeSpan);
        }
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
}
