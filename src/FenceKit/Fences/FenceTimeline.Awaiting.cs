// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// Awaits. The usual timeline is awaited by one party at a time, again and again, so it keeps one node of its own for that: it is taken and
// given back under the gate, which an await and its signal hold anyway, instead of from a pool.
public partial class FenceTimeline
{
    private FenceAwaitNode? _ownNode; // set once, under the gate; free or in the list or on its way to run its continuation
    private bool _wasAwaited;         // under the gate; who is awaited only once needs no node of its own

    /// <summary>Whether any point has ever faulted.</summary>
    internal bool HasFaulted => Volatile.Read(ref _faultVersion) != 0;

    /// <summary>Complete, and there is nothing to be told about it but that.</summary>
    internal bool HasSucceeded(ulong target) => HasReached(target) && !HasFaulted;

    /// <summary>For a timeline of FenceKit's own that is awaited often: its node is there from the start.</summary>
    internal void KeepNode() => _ownNode = new FenceAwaitNode(WaiterPools) { Timeline = this, IsOwn = true };

    /// <summary>Has a continuation run when a point is complete, or a token canceled; at once if the point is complete.</summary>
    internal void Await(
        ulong target, Action continuation, FencePlace place, ExecutionContext? executionContext, CancellationToken token = default)
    {
        place.TryGetTarget(out object? context);
        if (target > Volatile.Read(ref _armedTarget) && !HasReached(target))
        {
            EnableSignaling(target); // before the node is in the list, as in AddRound
        }

        if (_ownNode is { IsFree: true } own)
        {
            ulong state = EnterGate();
            if (own.IsFree && !TimelineState.HasReached(state, target))
            {
                own.SetContinuation(continuation, place.IsInline, context, executionContext);
                own.SetToken(token);
                AttachToken(own, Enlist(own, target, state), token);
                return;
            }

            LeaveGate(state); // somebody else took it, or it is too late for it
        }

        FenceAwaitNode node = WaiterPools.RentAwait();
        node.SetContinuation(continuation, place.IsInline, context, executionContext);
        node.SetToken(token);
        AwaitBy(node, target, token);
    }

    private void AwaitBy(FenceAwaitNode node, ulong target, CancellationToken token)
    {
        ulong state = EnterGate();
        if (TimelineState.HasReached(state, target))
        {
            LeaveGate(state);
            node.DeliverAtOnce(new Fence(this, TimelineState.PointOf(target)));
            return;
        }

        node.Timeline = this;
        if (_ownNode is null && _wasAwaited)
        {
            node.IsOwn = true;
            _ownNode = node;
        }

        _wasAwaited = true;
        AttachToken(node, Enlist(node, target, state), token);
    }

    /// <summary>
    /// Has a token end a wait. The node is in the list by now, and may have left it, and stand for another wait: then the registration is
    /// for nothing and is taken back. A token that is canceled already calls back in here, and the continuation may run in here.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="word">Its word in the round that waits.</param>
    /// <param name="token">The token.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AttachToken(FenceAwaitNode node, long word, CancellationToken token)
    {
        if (token.CanBeCanceled)
        {
            Register(node, word, token);
        }
    }

    private void Register(FenceAwaitNode node, long word, CancellationToken token)
    {
        CancellationTokenRegistration registration = token.UnsafeRegister(
            static (state, canceled) => ((FenceAwaitNode)state!).OnCanceled(canceled), node);
        ulong state = EnterGate();
        bool waits = node.IsStillQueued(word);
        if (waits)
        {
            node.SetRegistration(registration);
        }

        LeaveGate(state);
        if (!waits)
        {
            registration.Unregister();
        }
    }

    /// <summary>Takes a node out of the list if it waits here for something that this token ends; the caller runs its continuation.</summary>
    internal bool TryCancel(FenceAwaitNode node, CancellationToken token)
    {
        ulong state = EnterGate();
        bool ends = ReferenceEquals(node.Timeline, this) && FenceCallback.IsQueuedWord(node.Word) && node.IsEndedBy(token);
        if (ends)
        {
            Unlink(node);
            node.MarkDetached(FenceStatus.Pending, error: null); // busy until its continuation is out
        }

        LeaveGate(state);
        return ends;
    }

    /// <summary>
    /// Under the gate, which it leaves: runs the only node that waits, one of FenceKit's own. A continuation in the timeline's node that is
    /// inline, and has to be told only that its point is complete, is taken out here and needs no more than that.
    /// </summary>
    private void RunPrivate(FenceCallback first, ulong due, ulong target)
    {
        FenceAwaitNode? node = _ownNode;
        if (!ReferenceEquals(first, node) || !node.RunsAtOnce || HasFaulted)
        {
            first.MarkRunning(FenceStatus.Signaled);
            AssertInvariants(target);
            Volatile.Write(ref _state, target);
            first.DeliverAlone(this, due);
            return;
        }

        Action continuation = node.TakeAtOnce(out CancellationTokenRegistration registration);
        AssertInvariants(target);
        Volatile.Write(ref _state, target);
        try
        {
            registration.Unregister();
            continuation();
        }
        catch (Exception exception)
        {
            ReportCallbackFault(node, this, TimelineState.PointOf(due), exception);
        }
    }
}
