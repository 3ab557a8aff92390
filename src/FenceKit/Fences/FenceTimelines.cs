// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>All timelines that others may wait for, for those who ask who waits. It keeps none of them alive.</summary>
internal static class FenceTimelines
{
    // Entered when a timeline or a pool is made, which allocates anyway; waiting and signaling never come here.
    private static readonly ConditionalWeakTable<FenceTimeline, object?> s_timelines = [];
    private static readonly ConditionalWeakTable<FencePool, object?> s_pools = [];

    internal static void Add(FenceTimeline timeline) => s_timelines.Add(timeline, null);

    internal static void Add(FencePool pool) => s_pools.Add(pool, null);

    internal static IEnumerable<FenceTimeline> Alive()
    {
        foreach (KeyValuePair<FenceTimeline, object?> entry in s_timelines)
        {
            yield return entry.Key;
        }

        foreach (KeyValuePair<FencePool, object?> entry in s_pools)
        {
            foreach (FencePoolSlot slot in entry.Key.Slots)
            {
                yield return slot;
            }
        }
    }
}
