// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

// What the meter reads. Issuing and signaling know nothing of it.
public partial class FenceTimeline : IMeteredSource
{
    string? IMeteredSource.MeterName => Name;

    ulong IMeteredSource.PendingFences => PendingPoints;

    internal ulong PendingPoints
    {
        get
        {
            ulong completed = Completed; // first: it never passes what was issued afterwards
            ulong issued = Issued;
            return issued > completed ? issued - completed : 0;
        }
    }

    void IMeteredSource.AddTo(ref MeterTotals totals, bool ended)
    {
        ulong pending = ended ? 0 : PendingPoints;
        ulong issued = Issued;
        totals.Issued += issued;
        totals.Completed += issued - Math.Min(issued, pending);
        totals.Timelines += ended ? 0 : 1;
        totals.WaitedFor += !ended && TimelineState.HasWaiters(_hot.State.Read()) ? 1 : 0;
    }

    /// <summary>What came of points that did not complete as they should. Off the fast path: faults take the lock bit.</summary>
    private void CountFaults(ulong first, ulong last, Exception error, bool poison)
    {
        if (last < first || ReferenceEquals(error, FaultLog.UnknownOutcome))
        {
            return;
        }

        FenceKitMeter.Count(
            error switch
            {
                FenceAbandonedException => FenceKitCounter.FaultedByAbandoning,
                FenceTimeoutException => FenceKitCounter.FaultedByWatchdog,
                _ => poison ? FenceKitCounter.FaultedByPoison : FenceKitCounter.FaultedByError,
            },
            (long)(last - first + 1));
        FenceKitEventSource.Log.Faulted(Name, first, last, error, poison);
    }
}
