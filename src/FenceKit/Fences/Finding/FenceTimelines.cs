// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>Enumerates all timelines that can be waited for, for WaitForGraph. Keeps none of them alive.</summary>
internal static class FenceTimelines
{
    // Internal timelines, of arrays and locks, which are not in FenceRegistry because they are not metered. Not used by waits and signals.
    private static readonly ConditionalWeakTable<FenceTimeline, object?> s_inner = [];

    internal static void Add(FenceTimeline timeline) => s_inner.Add(timeline, null);

    internal static IEnumerable<FenceTimeline> Alive()
    {
        foreach (IMeteredSource source in FenceRegistry.Alive())
        {
            if (source is FenceTimeline timeline)
            {
                yield return timeline;
            }
            else if (source is FencePool pool)
            {
                foreach (FencePoolSlot slot in pool.Slots)
                {
                    yield return slot;
                }
            }
        }

        foreach (KeyValuePair<FenceTimeline, object?> entry in s_inner)
        {
            yield return entry.Key;
        }
    }
}
