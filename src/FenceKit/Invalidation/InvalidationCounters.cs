// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>What a notifier counts. The plain fields are under the ledger's gate, which every session passes anyway.</summary>
internal sealed class InvalidationCounters
{
    internal long Begun;
    internal long Refused;
    internal long Committed;
    internal long BackedOff;
    private long _subscriberFaults;
    private long _reused;
    private long _slow;

    internal long SubscriberFaults => Volatile.Read(ref _subscriberFaults);

    internal long Reused => Volatile.Read(ref _reused);

    internal long SlowSubscribers => Volatile.Read(ref _slow);

    internal void CountSlowSubscriber() => Interlocked.Increment(ref _slow);

    internal void CountReuse() => Interlocked.Increment(ref _reused);

    internal void CountSubscriberFault() => Interlocked.Increment(ref _subscriberFaults);
}
