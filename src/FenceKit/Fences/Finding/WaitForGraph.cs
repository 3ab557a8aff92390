// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// A snapshot of all waits for fences, and of what holds them up: the first thing to look at when a program hangs. Taking it blocks no other
/// thread.
/// </summary>
/// <remarks>
/// <para>The waiters are always known: blocked threads, awaiting methods, arrays, commands of device queues, and callbacks. The holders of a
/// fence are known for device queues, reader gates and sessions. While the contract is checked (<see cref="FenceContract"/>) they are also
/// known for all code inside <see cref="FenceTimeline.BeginSignaling"/>, together with the locks held, and the stacks of threads that have
/// been blocked for a while. The issuer of a fence is known with <see cref="FenceTimelineOptions.TrackedIssuers"/>.</para>
/// <para><b>Thread safety</b>: immutable. <b>Allocates</b>: in proportion to the number of waits.</para>
/// </remarks>
[DebuggerDisplay("{Waits.Count} waits, {Circles.Count} circles")]
public sealed partial class WaitForGraph
{
    private WaitForGraph(FenceWait[] waits)
    {
        Waits = waits;
        Circles = FindCircles(waits);
    }

    /// <summary>All waits, ordered by the name of the timeline and the point.</summary>
    public IReadOnlyList<FenceWait> Waits { get; }

    /// <summary>
    /// Sets of waits that depend on each other in a circle, so that none of them ends unless one has a time limit. Each list starts at an
    /// arbitrary wait.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<FenceWait>> Circles { get; }

    /// <summary>Takes a snapshot.</summary>
    /// <returns>The graph.</returns>
    /// <remarks>
    /// May be called from any thread at any time, also from a timer while everything else hangs: it waits only for locks that are held for a
    /// few instructions. A wait that begins or ends during the call may or may not be included.
    /// </remarks>
    public static WaitForGraph Capture() => Capture(_ => true);

    internal static WaitForGraph Capture(Func<FenceTimeline, bool> isOfInterest)
    {
        List<FenceWait> waits = [];
        foreach (FenceTimeline timeline in FenceTimelines.Alive())
        {
            if (isOfInterest(timeline))
            {
                timeline.DescribeWaits(waits);
            }
        }

        return new WaitForGraph(
            [.. waits.OrderBy(static wait => wait.Timeline, StringComparer.Ordinal).ThenBy(static wait => wait.Point).ThenBy(static wait => wait.Waiter, StringComparer.Ordinal)]);
    }

    private static FenceWait[][] FindCircles(FenceWait[] waits)
    {
        List<FenceWait[]> circles = [];
        HashSet<FenceWait> done = [];
        List<FenceWait> path = [];
        foreach (FenceWait wait in waits)
        {
            Follow(wait);
        }

        return [.. circles];

        void Follow(FenceWait wait)
        {
            int index = path.IndexOf(wait);
            if (index >= 0)
            {
                circles.Add([.. path[index..]]);
                return;
            }

            if (!done.Add(wait))
            {
                return;
            }

            path.Add(wait);
            foreach (FenceWait next in waits)
            {
                if (wait.IsHeldUpBy(next))
                {
                    Follow(next);
                }
            }

            path.RemoveAt(path.Count - 1);
        }
    }
}
