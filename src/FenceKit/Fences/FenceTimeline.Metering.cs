// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

// The values that the meter reads. They cost nothing when points are issued or signaled.
public partial class FenceTimeline : IMeteredSource
{
    string? IMeteredSource.MeterName => Name;

    ulong IMeteredSource.PendingFences => PendingPoints;

    internal ulong PendingPoints
    {
        get
        {
            ulong completed = Completed; // read first, so that it cannot exceed the issued points
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

    /// <summary>Counts and reports points that fault. Not on a fast path: faults take the lock bit.</summary>
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
