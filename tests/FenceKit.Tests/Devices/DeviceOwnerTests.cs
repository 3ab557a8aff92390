// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

/// <summary>Who moves memory has it copied out by its own device, while all others stay away.</summary>
public class DeviceOwnerTests
{
    private static readonly AddressRange s_page = new(4096, 8192);
    private readonly object _owner = new();
    private readonly InvalidationNotifier _notifier = new("memory");
    private readonly HandDriver _own = new() { RangeOf = static _ => s_page };
    private readonly HandDriver _other = new() { RangeOf = static _ => s_page };

    private DeviceQueue<int> Make(HandDriver driver, string name, object? owner)
    {
        DeviceQueue<int> queue = new(name, driver, HandDriver.Options());
        queue.Attach(_notifier, AddressRange.All, owner);
        return queue;
    }

    private InvalidationSession Schedule(InvalidationReason reason, object initiator)
    {
        Assert.True(_notifier.TrySchedule(s_page, reason, initiator, out InvalidationSession session, out _));
        return session;
    }

    [Theory]
    [InlineData(InvalidationReason.Migrate)]
    [InlineData(InvalidationReason.Exclusive)]
    public void The_owners_own_device_copies_the_range_out_while_another_one_waits(InvalidationReason reason)
    {
        DeviceQueue<int> own = Make(_own, "own", _owner);
        DeviceQueue<int> other = Make(_other, "other", owner: null);
        using InvalidationSession session = Schedule(reason, _owner);

        own.TrySubmit(1, out Fence copy);
        other.TrySubmit(1, out Fence fault);
        Assert.Single(_own.Started).Complete();

        Assert.Equal(FenceStatus.Signaled, copy.Status);
        Assert.Empty(_other.Started);
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        session.Commit();
        Assert.Single(_other.Started).Complete();
        Assert.Equal(FenceStatus.Signaled, fault.Status);
    }

    [Theory]
    [InlineData(InvalidationReason.Unmap)]
    [InlineData(InvalidationReason.Discard)]
    [InlineData(InvalidationReason.Protect)]
    public void For_any_other_reason_the_owners_device_stays_away_like_all_others(InvalidationReason reason)
    {
        DeviceQueue<int> own = Make(_own, "own", _owner);
        own.TrySubmit(1, out _);
        using InvalidationSession session = Schedule(reason, _owner);
        own.TrySubmit(2, out _);
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        _own.Started[0].Complete();
        Assert.Single(_own.Started);
        session.Commit();
        Assert.Equal(2, _own.Started.Count);
    }

    [Fact]
    public void When_somebody_else_moves_the_range_the_device_stays_away()
    {
        DeviceQueue<int> own = Make(_own, "own", _owner);
        using InvalidationSession mine = Schedule(InvalidationReason.Migrate, _owner);
        using InvalidationSession session = Schedule(InvalidationReason.Migrate, new object());
        own.TrySubmit(1, out _);
        Assert.Empty(_own.Started);
        session.BackOff();
        Assert.Single(_own.Started);
    }

    [Fact]
    public void An_initiator_is_not_kept_alive_by_a_session_that_is_over()
    {
        _ = Make(_own, "own", _owner);
        WeakReference initiator = Move();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(initiator.IsAlive);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        WeakReference Move()
        {
            object mover = new();
            Schedule(InvalidationReason.Migrate, mover).BackOff();
            return new WeakReference(mover);
        }
    }

    [Fact]
    public void A_lost_device_is_no_longer_passed_over_by_its_owner()
    {
        _own.WhenLost = static _ => throw new IOException("bus error");
        DeviceQueue<int> own = Make(_own, "own", _owner);
        own.TrySubmit(1, out _);
        own.Lose(new IOException("unplugged"));
        using (InvalidationSession session = Schedule(InvalidationReason.Migrate, _owner))
        {
            Assert.Equal(InvalidationOutcome.Faulted, session.TryWait());
        }

        own.ReportStopped();
        using InvalidationSession later = Schedule(InvalidationReason.Migrate, _owner);
        Assert.Equal(InvalidationOutcome.Completed, later.TryWait());
    }
}
