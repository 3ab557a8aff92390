// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>The counters of a notifier.</summary>
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

    /// <summary>The tally for the locks that the caller holds; every session takes them anyway.</summary>
    internal ref SessionTally Tally(StripeSet held) => ref _tallies[held.First];

    /// <summary>Sums the tallies. Each field is correct; only under all locks do they belong to the same moment.</summary>
    internal SessionTally Sum()
    {
        SessionTally sum = default;
        foreach (ref SessionTally tally in _tallies.AsSpan())
        {
            // Ends are read first: a session that begins and ends in the meantime must not count as ended only.
            sum.Committed += Volatile.Read(ref tally.Committed);
            sum.BackedOff += Volatile.Read(ref tally.BackedOff);
            sum.Refused += Volatile.Read(ref tally.Refused);
            sum.Begun += Volatile.Read(ref tally.Begun);
        }

        return sum;
    }

    internal void CountForgotten() => Interlocked.Increment(ref _forgotten);

    internal void CountSlowSubscriber() => Interlocked.Increment(ref _slow);

    /// <summary>Called without the lock: each field is correct, but they may be from slightly different moments.</summary>
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

/// <summary>The counters of one stripe of the ledger, on their own cache lines.</summary>
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
