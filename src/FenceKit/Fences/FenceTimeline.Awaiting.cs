// SPDX-License-Identifier: MIT
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

    /// <summary>Has a continuation run when a point is complete; at once if it is.</summary>
    internal void Await(ulong target, Action continuation, FencePlace place, ExecutionContext? executionContext)
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
                Enlist(own, target, state);
                return;
            }

            LeaveGate(state); // somebody else took it, or it is too late for it
        }

        AwaitByPool(target, continuation, place.IsInline, context, executionContext);
    }

    private void AwaitByPool(ulong target, Action continuation, bool isInline, object? context, ExecutionContext? executionContext)
    {
        FenceAwaitNode node = WaiterPools.RentAwait();
        node.SetContinuation(continuation, isInline, context, executionContext);
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
        Enlist(node, target, state);
    }

    /// <summary>Runs a continuation that was taken out under the gate, outside it.</summary>
    private void RunAwaited(FenceAwaitNode node, ulong target, Action continuation)
    {
        try
        {
            continuation();
        }
        catch (Exception exception)
        {
            ReportCallbackFault(node, this, TimelineState.PointOf(target), exception);
        }
    }
}
