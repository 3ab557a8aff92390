// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

// Reports of cumulative signals: signals that complete the points of several commands. They are correct for a timeline, but a mistake if a
// driver uses it as a set of independent fences.
public partial class FenceTimeline
{
    private static long s_cumulativeSignals;

    /// <summary>
    /// Raised when one signal completes the points of several commands, on a timeline with
    /// <see cref="FenceTimelineOptions.ReportsCumulativeSignals"/>. The arguments are the timeline, the first of the points and the last.
    /// Raised on the signaler's thread, under no lock, after the callbacks of the points. Exceptions of handlers are caught and reported.
    /// </summary>
    public static event Action<FenceTimeline, ulong, ulong>? CumulativelySignaled;

    /// <summary>The number of such signals since the process started, with or without handlers.</summary>
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
