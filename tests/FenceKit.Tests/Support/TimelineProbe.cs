// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Tests;

/// <summary>What only the inside of a timeline knows: whether any callback still waits.</summary>
internal static class TimelineProbe
{
    internal static bool HasCallbacks(this FenceTimeline timeline) => Volatile.Read(ref First(timeline)) is not null;

    /// <summary>No callback, no gate held, no waiters bit left behind.</summary>
    internal static void AssertQuiet(FenceTimeline timeline)
    {
        Assert.Null(First(timeline));
        Assert.True(TimelineState.IsQuiet(State(timeline)), "The flags of the state word are clear at rest.");
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_first")]
    private static extern ref FenceCallback? First(FenceTimeline timeline);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_state")]
    private static extern ref ulong State(FenceTimeline timeline);
}
