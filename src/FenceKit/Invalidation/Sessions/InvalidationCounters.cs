// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>What a notifier counts. The plain fields are under the ledger's gate, which every session passes anyway.</summary>
internal sealed class InvalidationCounters : IMeteredSource
{
    internal long Begun;
    internal long Refused;
    internal long Committed;
    internal long BackedOff;
    private long _subscriberFaults;
    private long _reused;
    private long _slow;
    private long _forgotten;

    string? IMeteredSource.MeterName => null;

    ulong IMeteredSource.PendingFences => 0;

    internal long SubscriberFaults => Volatile.Read(ref _subscriberFaults);

    internal long Reused => Volatile.Read(ref _reused);

    internal long SlowSubscribers => Volatile.Read(ref _slow);

    internal long Forgotten => Volatile.Read(ref _forgotten);

    internal void CountForgotten() => Interlocked.Increment(ref _forgotten);

    internal void CountSlowSubscriber() => Interlocked.Increment(ref _slow);

    /// <summary>Without the gate: each field is right, all together they may be of slightly different moments.</summary>
    void IMeteredSource.AddTo(ref MeterTotals totals, bool ended)
    {
        long committed = Volatile.Read(ref Committed);
        long backedOff = Volatile.Read(ref BackedOff);
        long refused = Volatile.Read(ref Refused);
        totals.Committed += committed;
        totals.BackedOff += backedOff;
        totals.Refused += refused;
        totals.OpenSessions += ended ? 0 : Math.Max(0, Volatile.Read(ref Begun) - committed - backedOff - refused);
    }

    internal void CountReuse() => Interlocked.Increment(ref _reused);

    internal void CountSubscriberFault() => Interlocked.Increment(ref _subscriberFaults);
}
