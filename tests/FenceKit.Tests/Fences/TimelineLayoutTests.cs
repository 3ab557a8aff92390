// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Tests.Fences;

/// <summary>Where the fields lie that two cores pass to each other.</summary>
public class TimelineLayoutTests
{
    private const long CacheLine = 64;

    [Fact]
    public void The_state_shares_no_cache_line_with_what_a_signaler_reads_first()
    {
        FenceTimeline timeline = new("device");
        Assert.True(Distance(ref Issued(timeline), ref Fields(timeline).State) >= CacheLine, "the last issued point");
        Assert.True(Distance(ref Unsafe.As<long, ulong>(ref IsLookedAt(timeline)), ref Fields(timeline).State) >= CacheLine, "whether somebody looks");
    }

    [Fact]
    public void What_an_add_and_its_signal_touch_lies_in_two_cache_lines()
    {
        FenceTimeline timeline = new("device");
        Assert.True(Unsafe.SizeOf<TimelineHotFields>() <= CacheLine);
        Assert.True(Distance(ref Unsafe.As<FenceCallback?, ulong>(ref Fields(timeline).First), ref Fields(timeline).ArmedTarget) < CacheLine);
    }

    private static long Distance(ref ulong one, ref ulong other) => Math.Abs(Unsafe.ByteOffset(ref one, ref other));

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_hot")]
    private static extern ref TimelineHotFields Fields(FenceTimelineCore timeline);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_issued")]
    private static extern ref ulong Issued(FenceTimeline timeline);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_isLookedAt")]
    private static extern ref long IsLookedAt(FenceTimeline timeline);
}
