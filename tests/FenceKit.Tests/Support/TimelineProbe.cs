// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Tests;

/// <summary>What only the inside of a timeline knows: whether any callback still waits.</summary>
internal static class TimelineProbe
{
    internal static bool HasCallbacks(this FenceTimeline timeline) =>
        TimelineState.HasWaiters(Fields(timeline).State.Read());

    /// <summary>No callback, no lock bit, no waiters bit left behind.</summary>
    internal static void AssertQuiet(FenceTimeline timeline)
    {
        Assert.True(Fields(timeline).Waiters.IsEmpty, "Nobody is in the list.");
        Assert.True(TimelineState.IsIdle(Fields(timeline).State.Read()), "The flags of the state word are clear at rest.");
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_hot")]
    private static extern ref TimelineHotFields Fields(FenceTimeline timeline);
}
