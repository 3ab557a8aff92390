// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>What a notifier counts.</summary>
internal sealed class InvalidationCounters : IMeteredSource
{
    private readonly SessionTally[] _tallies = new SessionTally[InvalidationLedger.StripeCount];
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

    /// <summary>Under the locks that the caller holds, which every session passes anyway.</summary>
    internal ref SessionTally Tally(StripeSet held) => ref _tallies[held.First];

    /// <summary>Each field is right; only under all locks are they of one moment.</summary>
    internal SessionTally Sum()
    {
        SessionTally sum = default;
        foreach (ref SessionTally tally in _tallies.AsSpan())
        {
            // What ends is read first: a session that begins and ends meanwhile must not have ended only.
            sum.Committed += Volatile.Read(ref tally.Committed);
            sum.BackedOff += Volatile.Read(ref tally.BackedOff);
            sum.Refused += Volatile.Read(ref tally.Refused);
            sum.Begun += Volatile.Read(ref tally.Begun);
        }

        return sum;
    }

    internal void CountForgotten() => Interlocked.Increment(ref _forgotten);

    internal void CountSlowSubscriber() => Interlocked.Increment(ref _slow);

    /// <summary>Without the lock: each field is right, all together they may be of slightly different moments.</summary>
    void IMeteredSource.AddTo(ref MeterTotals totals, bool ended)
    {
        SessionTally sum = Sum();
        totals.Committed += sum.Committed;
        totals.BackedOff += sum.BackedOff;
        totals.Refused += sum.Refused;
        totals.OpenSessions += ended ? 0 : Math.Max(0, sum.Begun - sum.Committed - sum.BackedOff - sum.Refused);
    }

    internal void CountReuse() => Interlocked.Increment(ref _reused);

    internal void CountSubscriberFault() => Interlocked.Increment(ref _subscriberFaults);
}

/// <summary>What is counted near one stripe of the ledger, on cache lines of its own.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct SessionTally
{
    [FieldOffset(128)]
    internal long Begun;

    [FieldOffset(136)]
    internal long Refused;

    [FieldOffset(144)]
    internal long Committed;

    [FieldOffset(152)]
    internal long BackedOff;
}
