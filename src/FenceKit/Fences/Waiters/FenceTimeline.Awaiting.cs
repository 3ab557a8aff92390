// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// Awaits. The usual timeline is awaited by one party at a time, again and again, so it keeps one node of its own for that: it is taken and
// given back under the gate, which an await and its signal hold anyway, instead of from a pool.
public partial class FenceTimeline
{
    private bool _wasAwaited; // under the gate; who is awaited only once needs no node of its own

    /// <summary>For a timeline of FenceKit's own that is awaited often: its node is there from the start.</summary>
    internal void KeepNode() => _hot.OwnNode = new FenceAwaitNode(WaiterPools) { Timeline = this, IsOwn = true };

    /// <summary>
    /// Has a continuation run when a point is complete, inline or on the thread pool. The usual case stands here: nobody waits, and the
    /// timeline's node is free and has the seat. Whatever else there is, is called last.
    /// </summary>
    internal void Await(ulong target, Action continuation, bool isInline)
    {
        if (_hot.OwnNode is not { } own || target > Volatile.Read(ref _hot.ArmedTarget))
        {
            AwaitAt(target, continuation, PlaceOf(isInline), executionContext: null);
            return;
        }

        if (!TryEnterQuiet(target, out ulong state))
        {
            AwaitBeside(target, continuation, isInline, state);
            return;
        }

        long word = own.Word;
        if (!ReferenceEquals(_hot.Seated, own) || !FenceCallback.IsFreeWord(word))
        {
            LeaveGate(state);
            AwaitArmed(target, continuation, PlaceOf(isInline), executionContext: null, state, default);
            return;
        }

        own.SetBareContinuation(continuation, isInline);
        WaitInSeat(own, target, word, state);
    }

    /// <summary>Has a continuation run when a point is complete, or a token canceled; at once if the point is complete.</summary>
    internal void AwaitAt(
        ulong target, Action continuation, FencePlace place, ExecutionContext? executionContext, CancellationToken token = default)
    {
        ulong state = Volatile.Read(ref _hot.State);
        if (target > Volatile.Read(ref _hot.ArmedTarget) && !TimelineState.HasReached(state, target))
        {
            EnableSignaling(target); // before the node is in the list, as in AddRound
            state = Volatile.Read(ref _hot.State);
        }

        AwaitArmed(target, continuation, place, executionContext, state, token);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AwaitArmed(
        ulong target, Action continuation, FencePlace place, ExecutionContext? executionContext, ulong state, CancellationToken token)
    {
        place.TryGetTarget(out object? context);
        if (_hot.OwnNode is { IsFree: true } own)
        {
            state = EnterGate(state);
            if (own.IsFree && !TimelineState.HasReached(state, target))
            {
                own.SetContinuation(continuation, place.IsInline, context, executionContext);
                own.SetToken(token);
                AttachToken(own, EnlistOwn(own, target, state), token);
                return;
            }

            LeaveGate(state); // somebody else took it, or it is too late for it
        }

        FenceAwaitNode node = WaiterPools.RentAwait();
        node.SetContinuation(continuation, place.IsInline, context, executionContext);
        node.SetToken(token);
        AwaitBy(node, target, state, token);
    }

    /// <summary>
    /// As <see cref="AwaitArmed"/>, of a wait with nothing but a continuation: as a rule somebody waits already, with the timeline's node.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AwaitBeside(ulong target, Action continuation, bool isInline, ulong state)
    {
        if (_hot.OwnNode is null or { IsFree: true })
        {
            AwaitArmed(target, continuation, PlaceOf(isInline), executionContext: null, state, default);
            return;
        }

        FenceAwaitNode node = WaiterPools.RentAwait();
        node.SetBareContinuation(continuation, isInline);
        AwaitBy(node, target, state, default);
    }

    private static FencePlace PlaceOf(bool isInline) => isInline ? FenceContinuation.Inline : FenceContinuation.ThreadPool;

    /// <summary>As <see cref="Enlist"/>, for the timeline's node: the seat is its own whenever it is alone.</summary>
    private long EnlistOwn(FenceAwaitNode own, ulong target, ulong state)
    {
        if (!TimelineState.HasWaiters(state) && !ReferenceEquals(_hot.Seated, own))
        {
            _hot.Seated = own;
        }

        return Enlist(own, target, state);
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // its own registers: the pool takes all that there are
    private void AwaitBy(FenceAwaitNode node, ulong target, ulong state, CancellationToken token)
    {
        state = EnterGate(state);
        if (TimelineState.HasReached(state, target))
        {
            LeaveGate(state);
            node.DeliverAtOnce(new Fence(this, TimelineState.PointOf(target)));
            return;
        }

        node.Timeline = this;
        if (_hot.OwnNode is null && _wasAwaited)
        {
            node.IsOwn = true;
            _hot.OwnNode = node;
        }

        _wasAwaited = true;
        AttachToken(node, Enlist(node, target, state), token);
    }

    /// <summary>
    /// Under the gate, which it leaves: runs the only node that waits, one of FenceKit's own. What is in the timeline's node, and has to be
    /// told only that its point is complete, goes to its place without more.
    /// </summary>
    /// <returns>True.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RunPrivate(FenceCallback only, ulong due, ulong target)
    {
        FenceAwaitNode? node = _hot.OwnNode;
        if (!ReferenceEquals(only, node) || HasFaulted)
        {
            return DeliverAlone(only, due, target);
        }

        if (!node.RunsAtOnce)
        {
            return node.QueuesAtOnce ? QueueOwn(node, target) : DeliverAlone(only, due, target);
        }

        Action continuation = node.TakeAtOnce(out CancellationTokenRegistration registration);
        LeaveGateWith(target);
        try
        {
            registration.UnregisterShielded();
            continuation();
        }
        catch (Exception exception)
        {
            ReportCallbackFault(node, this, TimelineState.PointOf(due), exception);
        }

        return true;
    }

    private bool QueueOwn(FenceAwaitNode node, ulong target)
    {
        node.MarkRunning(FenceStatus.Signaled);
        LeaveGateWith(target);
        InterruptShield.Queue(node, preferLocal: true);
        return true;
    }

    private bool DeliverAlone(FenceCallback only, ulong due, ulong target)
    {
        only.MarkRunning(FenceStatus.Signaled);
        LeaveGateWith(target);
        only.DeliverAlone(this, due);
        return true;
    }
}
