// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

// Signals that complete the points of several commands: right for a timeline, and a surprise for those who took it for a set of fences.
public partial class FenceTimeline
{
    private static long s_cumulativeSignals;

    private readonly IssuedBlocks? _issuedBlocks; // null when the timeline reports nothing, see IssueReports

    /// <summary>
    /// Raised when one signal completes the points of several commands on a timeline that reports it, see
    /// <see cref="FenceTimelineOptions.ReportsCumulativeSignals"/>. On the signaler's thread, under no lock, after the callbacks of the points.
    /// What a handler throws is swallowed and reported. The arguments are allocated only where somebody listens.
    /// </summary>
    public static event EventHandler<FenceCumulativeSignalEventArgs>? CumulativelySignaled;

    /// <summary>How many such signals have been reported since the process started, whether or not anybody listened.</summary>
    public static long CumulativeSignals => Volatile.Read(ref s_cumulativeSignals);

    private bool ReportsCumulativeSignals
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (_issueFlags & IssueReports) != 0; // set once, in the constructor
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
        if (!_issuedBlocks!.AreSeveral(first, last))
        {
            return;
        }

        Interlocked.Increment(ref s_cumulativeSignals);
        FenceKitEventSource.Log.CumulativelySignaled(Name, first, last);
        FenceCumulativeSignalEventArgs? arguments = null; // made for the first listener: signals are reported where nothing may be allocated
        foreach (EventHandler<FenceCumulativeSignalEventArgs> handler in Delegate.EnumerateInvocationList(CumulativelySignaled))
        {
            try
            {
                handler(this, arguments ??= new FenceCumulativeSignalEventArgs(Name, first, last));
            }
            catch (Exception exception)
            {
                FenceKitEventSource.Log.CallbackFaulted(Name, last, exception);
            }
        }
    }
}
