// SPDX-License-Identifier: MIT
namespace FenceKit;

// Awaits. The usual timeline is awaited by one party at a time, again and again, so it keeps one node of its own for that: it is taken and
// given back under the lock bit, which an await and its signal take anyway, instead of from a pool.
public partial class FenceTimeline
{
    private bool _wasAwaited; // under the lock bit; a timeline that is awaited only once needs no node of its own

    /// <summary>Makes the timeline's own node at once. For a timeline of FenceKit's own that is awaited often.</summary>
    internal void KeepNode() => _hot.OwnNode = new FenceAwaitNode(WaiterPools) { Timeline = this, IsOwn = true };

    /// <summary>Has a continuation run when a point is complete, or a token canceled; at once if the point is complete.</summary>
    /// <remarks>
    /// A token is registered with before the node waits, so that the wait takes the lock bit once. The registration is of the node, not of the
    /// wait: a canceler looks under the lock bit whether the node waits with this token.
    /// <code>
    /// canceler                                        awaiter
    /// ----------------------------------------------  ------------------------------------------
    /// the token is canceled                           takes the lock bit
    /// takes the lock bit                              the token is canceled? does not wait
    /// the node waits with this token? takes it out    the node waits
    /// leaves the lock bit                             leaves the lock bit
    /// </code>
    /// The one that takes the lock bit second sees what the other did before.
    /// </remarks>
    internal void Await(
        ulong target, Action continuation, ContinuationTarget resumption, ExecutionContext? executionContext, CancellationToken token)
    {
        resumption.TryGetTarget(out object? context);
        FenceAwaitNode node = _hot.OwnNode is { State.IsFree: true } own ? own : WaiterPools.RentAwait();
        while (true)
        {
            CancellationTokenRegistration registration = token.CanBeCanceled ? node.Register(this, token) : default;
            bool isPending = TryEnterToWait(target, out ulong state);
            bool isCanceled = token.IsCancellationRequested;
            bool isTaken = node.IsOwn && !node.State.IsFree; // by another await
            if (isPending && !isCanceled && !isTaken)
            {
                node.SetContinuation(continuation, resumption.IsInline, context, executionContext);
                node.SetRegistration(registration, token);
                if (!node.IsOwn)
                {
                    node.Timeline = this;
                    KeepIfWorthwhile(node);
                }

                Enlist(node, target, state);
                return;
            }

            if (isPending)
            {
                LeaveLock(state);
            }

            registration.UnregisterShielded();
            node = node.IsOwn ? WaiterPools.RentAwait() : node;
            if (!isPending || isCanceled)
            {
                node.SetContinuation(continuation, resumption.IsInline, context, executionContext);
                node.DeliverAtOnce(new Fence(this, TimelineState.PointOf(target)));
                return;
            }
        }
    }

    /// <summary>Takes a node out of the list if it waits here for something that this token ends; the caller runs its continuation.</summary>
    internal bool TryCancel(FenceAwaitNode node, CancellationToken token)
    {
        ulong state = EnterLock();
        bool ends = ReferenceEquals(node.Timeline, this) && node.State.IsQueued && node.IsEndedBy(token);
        if (ends)
        {
            _hot.Waiters.Remove(node);
            node.Detach(FenceStatus.Pending, error: null); // busy until its continuation is out
        }

        LeaveLock(state);
        return ends;
    }

    /// <summary>Gives the timeline its own node at the second await. Called under the lock bit.</summary>
    private void KeepIfWorthwhile(FenceAwaitNode node)
    {
        if (_hot.OwnNode is null)
        {
            if (_wasAwaited)
            {
                node.IsOwn = true;
                _hot.OwnNode = node;
            }

            _wasAwaited = true;
        }
    }
}
