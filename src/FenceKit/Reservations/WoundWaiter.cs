// SPDX-License-Identifier: MIT
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

/// <summary>A node in the queue of a <see cref="WoundWaitLock"/>, for a context, or for a wait without a context.</summary>
#pragma warning disable CA1001 // Its timeline owns nothing that must be released, and nobody waits once the owner is gone.
internal sealed class WoundWaiter
{
    private readonly FenceTimeline _wakes = new("lock", FenceTimelineOptions.Default, FenceWaiterPools.Shared);

    private static readonly ObjectPool<WoundWaiter> s_pool = new DefaultObjectPool<WoundWaiter>(new Policy());

    [ThreadStatic]
    private static WoundWaiter? t_spare;

    internal WoundWaiter(WoundWaitContext? context)
    {
        Context = context;
        FenceTimelines.Add(_wakes);
    }

    internal WoundWaitContext? Context { get; }

    // Under the spinning lock of the lock that the node waits for.
    internal WoundWaiter? Next;
    internal WoundWaiter? Previous;
    internal bool IsGranted;
    internal bool MustDie;

    /// <summary>
    /// Returns the cached node of the thread, for a blocking wait without a context. The cache is empty while the node is in use, since a
    /// callback that runs during the wait may wait for another lock.
    /// </summary>
    internal static WoundWaiter RentForThread()
    {
        WoundWaiter waiter = t_spare ?? new WoundWaiter(null);
        t_spare = null;
        return waiter;
    }

    internal void ReturnToThread() => t_spare = this;

    /// <summary>Rents a node for an asynchronous wait without a context.</summary>
    internal static WoundWaiter Rent() => s_pool.GetShielded();

    internal void Return() => s_pool.ReturnShielded(this);

    /// <summary>
    /// Issues a fence that signals at the next wake-up. Issuing is a full fence: if the waiter reads its state afterwards and misses a
    /// change, the thread that makes the change signals this fence.
    /// </summary>
    internal Fence Prepare() => _wakes.Issue();

    internal void Wake() => _wakes.SignalCore(TimelineState.TargetOf(_wakes.Issued));

    private sealed class Policy : PooledObjectPolicy<WoundWaiter>
    {
        public override WoundWaiter Create() => new(null);

        public override bool Return(WoundWaiter obj) => true;
    }
}
