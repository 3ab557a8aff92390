// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Devices;

namespace FenceKit.Samples.Tests;

/// <summary>The driver's side of an invalidation, step by step, with a device that does nothing by itself.</summary>
public sealed class DeviceMappingTests : IDisposable
{
    private static readonly AddressRange s_range = AddressRange.FromLength(0x1000, 0x1000);
    private readonly InvalidationNotifier _notifier = new("test");
    private readonly ManualDevice _device = new(s_range);

    public DeviceMappingTests() => _device.AttachTo(_notifier);

    public void Dispose()
    {
        _device.Dispose();
        _notifier.Dispose();
    }

    [Fact]
    public void Schedule_WhenNothingIsMapped_IsDoneAtOnceAndAsksNothingOfTheDevice()
    {
        using InvalidationSession session = Schedule();

        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        Assert.Equal(0, _device.StopsAsked);
    }

    [Fact]
    public void Schedule_WhenMapped_IsDoneWhenTheDeviceHasLetGo()
    {
        Assert.True(_device.MapNow());
        using InvalidationSession session = Schedule();
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());

        _device.FinishStop();

        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        Assert.Equal(0, _device.Mappings);
    }

    [Fact]
    public void Schedule_AfterABackOff_FindsTheSameStopAndAsksOnce()
    {
        Assert.True(_device.MapNow());
        Schedule().BackOff();
        using InvalidationSession second = Schedule();

        _device.FinishStop();

        Assert.Equal(InvalidationOutcome.Completed, second.TryWait());
        Assert.Equal(1, _device.StopsAsked);
    }

    [Fact]
    public void Schedule_WhenTheDeviceCannotBeTold_IsRefused()
    {
        Assert.True(_device.MapNow());
        _device.IsQueueFull = true;

        Assert.False(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out _));

        _device.IsQueueFull = false;
        using InvalidationSession session = Schedule();
        _device.FinishStop();
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
    }

    [Fact]
    public void Map_WhileTheRangeIsBeingInvalidated_IsNotEvenBegun()
    {
        using InvalidationSession session = Schedule();

        Assert.False(_device.MapNow());
        Assert.Equal(0, _device.MapsBegun);

        session.Commit();
        Assert.True(_device.MapNow());
    }

    [Fact]
    public void Map_OvertakenByAnInvalidation_IsUndone()
    {
        _device.WhileMapping = () => Schedule().Commit();

        Assert.False(_device.MapNow());

        Assert.Equal(1, _device.MapsBegun);
        Assert.Equal(0, _device.Mappings);
        _device.WhileMapping = null;
        Assert.True(_device.MapNow());
    }

    [Fact]
    public void Schedule_WhenTheDeviceIsLost_Faults()
    {
        Assert.True(_device.MapNow());
        using InvalidationSession session = Schedule();

        _device.Poison(new IOException("gone"));

        Assert.Equal(InvalidationOutcome.Faulted, session.TryWait());
    }

    [Fact]
    public void Schedule_AfterWarmUp_AllocatesNothing()
    {
        Cycle();
        Assert.Equal(0, Allocation.Count(Cycle, 1_000));

        void Cycle()
        {
            _device.MapNow();
            using InvalidationSession session = Schedule();
            _device.FinishStop();
            session.Commit();
        }
    }

    private InvalidationSession Schedule()
    {
        Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        return session;
    }
}
