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

    internal long SubscriberFaults => Volatile.Read(ref _subscriberFaults);

    internal void CountSubscriberFault() => Interlocked.Increment(ref _subscriberFaults);
}
