// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>All timelines that others may wait for, for a WaitForGraph. It keeps none of them alive.</summary>
internal static class FenceTimelines
{
    // Those inside the library, of arrays and locks: they are waited for, but not measured. Nobody comes here to wait or to signal.
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
