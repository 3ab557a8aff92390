// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>What a timeline says of itself where somebody prints it.</summary>
public class TimelineTextTests
{
    [Fact]
    public void A_timeline_says_who_it_is_and_how_far_it_has_come()
    {
        FenceTimeline timeline = new("decoder");
        Assert.Equal("decoder: 0 of 0 complete", timeline.ToString());
        timeline.Issue(5);
        timeline.Signal(3);
        Assert.Equal("decoder: 3 of 5 complete", $"{timeline}");
        timeline.Dispose();
        Assert.Equal("decoder: ended, 5 issued", timeline.ToString());
    }

    [Fact]
    public void A_pool_an_array_and_a_wait_set_say_so_too()
    {
        using FencePool pool = new("ring", 3);
        Assert.True(pool.TryRent(out FenceSource source));
        Assert.Equal("ring: 2 of 3 available", pool.ToString());
        using FenceArray array = new("both", 2);
        Assert.Equal("both: idle", array.ToString());
        Assert.True(array.TryArmAll([source.Fence], out _));
        Assert.Equal("both: pending, All of 1", array.ToString());
        using FenceWaitSet set = new(4);
        set.Set(1, source.Fence);
        Assert.Equal("1 watched, 0 ready, 4 slots", set.ToString());
        source.TrySignal();
    }
}
