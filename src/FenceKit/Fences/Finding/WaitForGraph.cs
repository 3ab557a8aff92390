// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// Who waits for which fence at this moment, and who holds it up: the first thing to look at when a program stands still. The picture of
/// one moment; taking it stops nobody.
/// </summary>
/// <remarks>
/// <para>Who waits is always known: blocked threads, awaiting methods, arrays, commands of device queues, callbacks. Who holds a fence up
/// is known of device queues, reader gates and sessions, and, while the contract is checked (<see cref="FenceContract"/>), of all that is
/// inside <see cref="FenceTimeline.BeginSignaling"/>; then there are also locks, and the stacks of threads that have been blocked for a
/// moment. Who issued a fence is known with <see cref="FenceTimelineOptions.TrackedIssuers"/>.</para>
/// <para><b>Thread safety</b>: immutable. <b>Allocates</b>: as much as there is to see.</para>
/// </remarks>
[DebuggerDisplay("{Waits.Count} waits, {Circles.Count} circles")]
public sealed partial class WaitForGraph
{
    private WaitForGraph(FenceWait[] waits)
    {
        Waits = waits;
        Circles = FindCircles(waits);
    }

    /// <summary>Everybody who waits, by the name of the timeline and the point.</summary>
    public IReadOnlyList<FenceWait> Waits { get; }

    /// <summary>Those who wait for each other, so that none of them will ever go on unless a wait has a limit. Each begins anywhere.</summary>
    public IReadOnlyList<IReadOnlyList<FenceWait>> Circles { get; }

    /// <summary>Takes the picture.</summary>
    /// <returns>The graph.</returns>
    /// <remarks>
    /// May be called from any thread at any time, also from a timer while everything else hangs: it waits for nothing but locks that are
    /// held for a few instructions. Threads that move meanwhile may be shown where they were or where they are.
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
