// SPDX-License-Identifier: MIT
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

/// <summary>The node of one that waits for a <see cref="WoundWaitLock"/>: of a context, or of a thread without one.</summary>
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

    // Under the spinning lock of the lock that is waited for.
    internal WoundWaiter? Next;
    internal WoundWaiter? Previous;
    internal bool IsGranted;
    internal bool MustDie;

    /// <summary>The node of a thread without a context; taken out while in use, since a wait can be entered again from a callback.</summary>
    internal static WoundWaiter RentForThread()
    {
        WoundWaiter waiter = t_spare ?? new WoundWaiter(null);
        t_spare = null;
        return waiter;
    }

    internal void ReturnToThread() => t_spare = this;

    /// <summary>The node of a wait that has neither a context nor a thread.</summary>
    internal static WoundWaiter Rent() => s_pool.GetShielded();

    internal void Return() => s_pool.ReturnShielded(this);

    /// <summary>The wake-up to wait for. A thread that changes what we look at afterwards will wake it: issuing is a full fence.</summary>
    internal Fence Prepare() => _wakes.Issue();

    internal void Wake() => _wakes.SignalCore(TimelineState.TargetOf(_wakes.Issued));

    private sealed class Policy : PooledObjectPolicy<WoundWaiter>
    {
        public override WoundWaiter Create() => new(null);

        public override bool Return(WoundWaiter obj) => true;
    }
}
