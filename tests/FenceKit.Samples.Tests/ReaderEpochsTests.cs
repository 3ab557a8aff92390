// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Devices;

namespace FenceKit.Samples.Tests;

/// <summary>The sample's own CPU readers: an invalidation waits for those who were inside before it, and for nobody else.</summary>
public sealed class ReaderEpochsTests : IDisposable
{
    private readonly ReaderEpochs _epochs = new(readers: 2);

    public void Dispose() => _epochs.Dispose();

    [Fact]
    public void Schedule_WithNobodyInside_IsDoneAtOnce() => Assert.True(Schedule().IsSignaled);

    [Fact]
    public void Schedule_WithReadersInside_IsDoneWhenTheLastHasLeft()
    {
        ReaderEpochs.Visit first = _epochs.Enter(0);
        ReaderEpochs.Visit second = _epochs.Enter(1);
        Fence fence = Schedule();

        first.Dispose();
        Assert.False(fence.IsSignaled);
        second.Dispose();
        Assert.Equal(FenceStatus.Signaled, fence.Status);
    }

    [Fact]
    public void Schedule_IsNotHeldUpByAReaderWhoEntersLater()
    {
        ReaderEpochs.Visit early = _epochs.Enter(0);
        Fence fence = Schedule();
        ReaderEpochs.Visit late = _epochs.Enter(1);

        early.Dispose();
        Assert.True(fence.IsSignaled);
        late.Dispose();
    }

    [Fact]
    public void Schedule_TwiceAroundAReader_HoldsOnlyTheSecondForHim()
    {
        ReaderEpochs.Visit early = _epochs.Enter(0);
        Fence before = Schedule();
        ReaderEpochs.Visit late = _epochs.Enter(1);
        Fence after = Schedule();

        early.Dispose();
        Assert.True(before.IsSignaled);
        Assert.False(after.IsSignaled);
        late.Dispose();
        Assert.True(after.IsSignaled);
    }

    [Fact]
    public void EnterAndScheduleAndLeave_AfterWarmUp_AllocateNothing()
    {
        Cycle();
        Assert.Equal(0, Allocation.Count(Cycle, 1_000));

        void Cycle()
        {
            using ReaderEpochs.Visit visit = _epochs.Enter(0);
            Schedule();
        }
    }

    private Fence Schedule()
    {
        Assert.True(_epochs.TrySchedule(default, out Fence fence));
        return fence;
    }
}
