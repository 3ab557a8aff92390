// SPDX-License-Identifier: MIT
namespace FenceKit;

// Awaits. Most timelines are awaited repeatedly by one flow at a time, so a timeline caches one node for that. The node is taken and freed
// under the lock bit, which an await and its signal take anyway, and saves the pool.
public partial class FenceTimeline
{
    private bool _wasAwaited; // under the lock bit; a timeline gets its own node only at the second await

    /// <summary>Creates the timeline's own node at once. For internal timelines that are awaited often.</summary>
    internal void CreateOwnNode() => _hot.OwnNode = new FenceAwaitNode(WaiterPools) { Timeline = this, IsOwn = true };

    /// <summary>Runs a continuation when a point is complete or a token canceled; at once if the point is complete.</summary>
    /// <remarks>
    /// The node is registered with the token before it waits, so that the wait takes the lock bit only once. The registration is for the node
    /// and not for the wait: a canceler checks under the lock bit whether the node waits with this token.
    /// <code>
    /// canceler                                        awaiter
    /// ----------------------------------------------  ------------------------------------------
    /// the token is canceled                           takes the lock bit
    /// takes the lock bit                              the token is canceled? does not wait
    /// the node waits with this token? removes it      the node waits
    /// releases the lock bit                           releases the lock bit
    /// </code>
    /// The thread that takes the lock bit second sees what the other one did before.
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
                    KeepAtSecondAwait(node);
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

    /// <summary>Removes a node from the list if it waits here with this token. The caller then runs its continuation.</summary>
    internal bool TryCancel(FenceAwaitNode node, CancellationToken token)
    {
        ulong state = EnterLock();
        bool ends = ReferenceEquals(node.Timeline, this) && node.State.IsQueued && node.IsEndedBy(token);
        if (ends)
        {
            _hot.Waiters.Remove(node);
            node.Detach(FenceStatus.Pending, error: null); // busy until its continuation is taken
        }

        LeaveLock(state);
        return ends;
    }

    /// <summary>Makes the node the timeline's own at the second await. Under the lock bit.</summary>
    private void KeepAtSecondAwait(FenceAwaitNode node)
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
