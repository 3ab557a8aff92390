// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Tests;

/// <summary>What only the inside of a timeline knows: whether any callback still waits.</summary>
internal static class TimelineProbe
{
    internal static bool HasCallbacks(this FenceTimeline timeline) =>
        TimelineState.HasWaiters(Volatile.Read(ref Fields(timeline).State));

    /// <summary>No callback, no gate held, no waiters bit left behind.</summary>
    internal static void AssertQuiet(FenceTimeline timeline)
    {
        Assert.Null(Fields(timeline).First);
        Assert.True(TimelineState.IsQuiet(Fields(timeline).State), "The flags of the state word are clear at rest.");
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_hot")]
    private static extern ref TimelineHotFields Fields(FenceTimelineCore timeline);
}
