// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Memory;
using FenceKit.Samples.Reclaim.Simulation;

namespace FenceKit.Samples.Tests;

/// <summary>The simulation holds and loses exactly what the kernel does.</summary>
public sealed class SimulationTests : IDisposable
{
    private readonly SimulatedMemory _memory = new(buffers: 2, pagesPerBuffer: 4);

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void Pin_OutlivesADiscard_AndIsNotWhatTheAddressShows()
    {
        byte[][] pinned = _memory.Pin(0);
        pinned[1][0] = 7;
        Assert.Equal(7, _memory.View(0, 1)[0]);

        _memory.Discard(new PageRange(0, First: 1, Count: 2));
        pinned[1][0] = 8;
        pinned[3][0] = 9;

        Assert.Equal(0, _memory.View(0, 1)[0]);
        Assert.Equal(9, _memory.View(0, 3)[0]);
        Assert.Equal(2, _memory.CountResident(0));
        Assert.Equal(0, _memory.CountResident(1));
    }

    [Fact]
    public async Task Discard_WhenWatched_IsHeldUntilAcknowledgedAndOnlyThenTakesThePages()
    {
        using var events = new SimulatedEvents(_memory);
        _memory.Pin(0)[2][0] = 7;
        var pages = new PageRange(0, First: 2, Count: 2);
        Task discard = Task.Run(() => _memory.Discard(pages));

        Assert.True(events.Wait(0));
        Assert.False(discard.IsCompleted);
        Assert.Equal(7, _memory.View(0, 2)[0]);

        Assert.Equal(pages, events.Acknowledge(0));
        Assert.Equal(0, _memory.View(0, 2)[0]);
        await discard;
    }

    [Fact]
    public async Task Abandon_LetsEverybodyGoNowAndLater()
    {
        using var events = new SimulatedEvents(_memory);
        Task held = Task.Run(() => _memory.Discard(_memory.WholeOf(0)));
        Assert.True(events.Wait(0));

        events.Abandon();

        await held;
        _memory.Discard(_memory.WholeOf(1));
    }

    [Fact]
    public void Stop_EndsTheWait()
    {
        using var events = new SimulatedEvents(_memory);

        events.Stop();

        Assert.False(events.Wait(0));
        Assert.False(events.Wait(1));
    }

    [Fact]
    public void Acknowledge_WithoutAnEvent_IsRefused()
    {
        using var events = new SimulatedEvents(_memory);

        Assert.Throws<InvalidOperationException>(() => events.Acknowledge(0));
    }
}
