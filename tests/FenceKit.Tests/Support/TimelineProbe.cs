// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Tests;

/// <summary>Whether anybody waits for a timeline: as its users see it, and where they cannot, from inside.</summary>
internal static class TimelineProbe
{
    internal static bool IsWaitedFor(this FenceTimeline timeline) =>
        timeline.DumpPending().Contains("is waited for", StringComparison.Ordinal);

    internal static void AssertQuiet(FenceTimeline timeline) => Assert.DoesNotContain("is waited for", timeline.DumpPending());

    /// <summary>
    /// From inside: a description names whom the nodes of a wait for several stand for, and one that stayed behind stands for nobody, as one of a
    /// fence that was given up. Allocates nothing, so it can be asked while bytes are counted.
    /// </summary>
    internal static bool HasCallbacks(this FenceTimeline timeline) =>
        TimelineState.HasWaiters(Fields(timeline).State.Read());

    /// <summary>No node that stands for nobody, no lock bit, no waiters bit left behind: from inside, for the same reason.</summary>
    internal static void AssertNoNodeLeft(FenceTimeline timeline)
    {
        Assert.True(Fields(timeline).Waiters.IsEmpty, "Nobody is in the list.");
        Assert.True(TimelineState.IsIdle(Fields(timeline).State.Read()), "The flags of the state word are clear at rest.");
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_hot")]
    private static extern ref TimelineHotFields Fields(FenceTimeline timeline);
}
