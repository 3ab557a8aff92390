// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Tests.Fences;

/// <summary>Where the fields lie that two cores pass to each other. Read from inside: outside it shows as time only.</summary>
public class TimelineLayoutTests
{
    private const long CacheLine = 64;

    [Fact]
    public void The_state_shares_no_cache_line_with_what_a_signaler_reads_first()
    {
        FenceTimeline timeline = new("device");
        Assert.True(Distance(ref Issue(timeline).Issued, ref State(timeline)) >= CacheLine, "the last issued point");
        Assert.True(Distance(ref Unsafe.As<long, ulong>(ref Issue(timeline).IsPolled), ref State(timeline)) >= CacheLine, "whether somebody looks");
    }

    [Fact]
    public void What_an_add_and_its_signal_touch_lies_in_two_cache_lines()
    {
        FenceTimeline timeline = new("device");
        Assert.True(Unsafe.SizeOf<TimelineHotFields>() <= CacheLine);
        Assert.True(Distance(ref Unsafe.As<WaiterHeap, ulong>(ref Fields(timeline).Waiters), ref Fields(timeline).ArmedTarget) < CacheLine);
    }

    [Fact]
    public void The_state_lies_so_near_the_start_that_a_poll_is_a_short_instruction()
    {
        FenceTimeline timeline = new("device");
        ref ulong first = ref Unsafe.As<Start>(timeline).First; // behind the pointer to the type
        Assert.True(sizeof(long) + Distance(ref first, ref State(timeline)) < 128);
    }

    private static long Distance(ref ulong one, ref ulong other) => Math.Abs(Unsafe.ByteOffset(ref one, ref other));

    private static ref ulong State(FenceTimeline timeline) => ref Unsafe.As<TimelineState, ulong>(ref Fields(timeline).State);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_hot")]
    private static extern ref TimelineHotFields Fields(FenceTimeline timeline);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_issue")]
    private static extern ref TimelineIssueFields Issue(FenceTimeline timeline);

#pragma warning disable CS0649 // Read where a timeline lies.
    private sealed class Start
    {
        internal ulong First;
    }
#pragma warning restore CS0649
}
