// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>What a debugger shows in one line.</summary>
public class DebuggerTests
{
    [Fact]
    public void Fences_timelines_and_pools_show_where_they_stand()
    {
        FenceTimeline timeline = new("device");
        Fence fence = timeline.Issue(3);
        timeline.Signal(1);
        FencePool pool = new("ring", 2);
        pool.TryRent(out FenceSource source);

        Assert.Equal("device:3 Pending", DebuggerText.Of(fence));
        Assert.Equal("signaled Signaled", DebuggerText.Of(default(Fence)));
        Assert.Equal("device: 1 of 3", DebuggerText.Of(timeline));
        Assert.Equal("ring: 1 of 2 available", DebuggerText.Of(pool));
        Assert.Equal("ring:1", DebuggerText.Of(source));
    }
}
