// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

// Signals that complete the points of several commands: right for a timeline, and a surprise for those who took it for a set of fences.
public partial class FenceTimeline
{
    private static long s_cumulativeSignals;

    /// <summary>
    /// Raised when one signal completes the points of several commands on a timeline that reports it, see
    /// <see cref="FenceTimelineOptions.ReportsCumulativeSignals"/>: with the timeline, the first of the points and the last. On the signaler's
    /// thread, under no lock, after the callbacks of the points. What a handler throws is swallowed and reported.
    /// </summary>
    public static event Action<FenceTimeline, ulong, ulong>? CumulativelySignaled;

    /// <summary>How many such signals have been reported since the process started, whether or not anybody listened.</summary>
    public static long CumulativeSignals => Volatile.Read(ref s_cumulativeSignals);

    private bool ReportsCumulativeSignals
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (_issue.Flags & IssueReports) != 0; // set once, in the constructor
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool SignalAndReport(ulong target)
    {
        if (!SignalContended(target, out ulong before))
        {
            return false;
        }

        ReportIfSeveral(TimelineState.PointOf(before) + 1, TimelineState.PointOf(target));
        return true;
    }

    private bool FaultAndReport(ulong target, Exception error)
    {
        if (!FaultCore(target, error, poison: false, out ulong first))
        {
            return false;
        }

        if (ReportsCumulativeSignals)
        {
            ReportIfSeveral(first, TimelineState.PointOf(target));
        }

        return true;
    }

    private void ReportIfSeveral(ulong first, ulong last)
    {
        if (!_issue.Blocks!.AreSeveral(first, last))
        {
            return;
        }

        Interlocked.Increment(ref s_cumulativeSignals);
        FenceKitEventSource.Log.CumulativelySignaled(Name, first, last);
        foreach (Action<FenceTimeline, ulong, ulong> handler in Delegate.EnumerateInvocationList(CumulativelySignaled))
        {
            try
            {
                handler(this, first, last);
            }
            catch (Exception exception)
            {
                FenceKitEventSource.Log.CallbackFaulted(Name, last, exception);
            }
        }
    }
}
