// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Memory;
using FenceKit.Samples.Reclaim.Owners;
using FenceKit.Samples.Reclaim.Simulation;

namespace FenceKit.Samples.Tests;

/// <summary>Reclaim goes round what is busy, comes back to it, and never frees what somebody uses.</summary>
public sealed class ReclaimerTests : IDisposable
{
    private const int Ranges = 6;
    private readonly DataFile _file = new(blocks: 1);
    private readonly SimulatedMemory _memory = new(Ranges, pagesPerBuffer: 1);
    private readonly InvalidationNotifier _notifier = new("test");
    private readonly ManualDevice[] _devices;
    private readonly Reclaimer _reclaimer;

    public ReclaimerTests()
    {
        _reclaimer = new Reclaimer(_notifier, _memory, new FrameTable(_memory, _file));
        _devices = [.. Enumerable.Range(0, Ranges).Select(range => new ManualDevice(_memory.RangeOf(range)))];
        for (int range = 0; range < Ranges; range++)
        {
            _devices[range].AttachTo(_notifier);
            _memory.Pin(range);
            _reclaimer.Add(range);
        }
    }

    public void Dispose()
    {
        Array.ForEach(_devices, static device => device.Dispose());
        _notifier.Dispose();
        _memory.Dispose();
        _file.Dispose();
    }

    [Fact]
    public void MakeRoom_WhenNobodyUsesAnything_TakesTheOldest()
    {
        Assert.True(_reclaimer.TryMakeRoom());

        Assert.Equal([0, 1, 1, 1, 1, 1], Resident());
        AssertCounts(reclaimed: 1, skipped: 0, waited: 0, retried: 0);
    }

    [Fact]
    public void MakeRoom_WhenTheOldestIsStuck_TakesTheNext()
    {
        _devices[0].MapNow();

        Assert.True(_reclaimer.TryMakeRoom());
        Assert.True(_reclaimer.TryMakeRoom());

        Assert.Equal([1, 0, 0, 1, 1, 1], Resident());
        AssertCounts(reclaimed: 2, skipped: 2, waited: 0, retried: 1);
    }

    [Fact]
    public void MakeRoom_WhenTheFirstCandidatesAreStuck_GoesOnToTheOthers()
    {
        Array.ForEach(_devices[..4], static device => device.MapNow());

        Assert.True(_reclaimer.TryMakeRoom());
        Assert.True(_reclaimer.TryMakeRoom());

        Assert.Equal([1, 1, 1, 1, 0, 0], Resident());
    }

    [Fact]
    public void MakeRoom_WhenEverybodyIsStuck_GivesUpAndFreesNothing()
    {
        Array.ForEach(_devices, static device => device.MapNow());

        Assert.False(_reclaimer.TryMakeRoom());

        Assert.Equal([1, 1, 1, 1, 1, 1], Resident());
        Assert.Equal(0, _reclaimer.Reclaimed);
        Assert.True(_reclaimer.Skipped >= Ranges);
        Assert.All(_devices, static device => Assert.Equal(1, device.StopsAsked));
    }

    [Fact]
    public void MakeRoom_AfterABackOffThatTheDeviceWorkedOff_NeedNotWait()
    {
        Array.ForEach(_devices, static device => device.MapNow());
        Assert.False(_reclaimer.TryMakeRoom());

        _devices[3].FinishStop();

        Assert.True(_reclaimer.TryMakeRoom());
        Assert.Equal([1, 1, 1, 0, 1, 1], Resident());
        Assert.Equal(0, _reclaimer.Waited);
    }

    [Fact]
    public void MakeRoom_WhenADeviceCannotEvenBeTold_Skips()
    {
        _devices[0].MapNow();
        _devices[0].IsQueueFull = true;

        Assert.True(_reclaimer.TryMakeRoom());

        Assert.Equal([1, 0, 1, 1, 1, 1], Resident());
        AssertCounts(reclaimed: 1, skipped: 1, waited: 0, retried: 0);
    }

    private IEnumerable<int> Resident() => Enumerable.Range(0, Ranges).Select(_memory.CountResident);

    private void AssertCounts(long reclaimed, long skipped, long waited, long retried) =>
        Assert.Equal(
            (reclaimed, skipped, waited, retried),
            (_reclaimer.Reclaimed, _reclaimer.Skipped, _reclaimer.Waited, _reclaimer.Retried));
}
