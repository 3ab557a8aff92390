// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Contract.Tests.Rules;

/// <summary>Reservations: making room may allocate, and whoever finds a fence there may be anybody.</summary>
public class ReservationRules : ContractTest
{
    private readonly WoundWaitLock _lock = new(new WoundWaitClass("buffers"));

    [Fact]
    public void Making_room_while_being_told_to_let_go_is_reported()
    {
        InvalidationNotifier notifier = new("pool");
        FenceReservation reservation = new(_lock);
        MakeRoom(); // so that nothing has to be allocated below, not even what a thread needs once: it may have to be
        notifier.Subscribe(s_range, new Driver("engine", MakeRoom), "engine");

        Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        session.Dispose();

        Reported(LockViolationKind.AllocationInSection);

        void MakeRoom()
        {
            Assert.True(_lock.TryLock());
            reservation.Reserve(1);
            _lock.Unlock();
        }
    }

    [Fact]
    public void Making_room_beforehand_is_silent()
    {
        InvalidationNotifier notifier = new("pool");
        FenceReservation reservation = new(_lock);
        UnderLock(() => reservation.Reserve(1));
        notifier.Subscribe(s_range, new Driver("engine"), "engine");

        Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        session.Dispose();

        Silent();
    }

    [Fact]
    public void A_fence_in_a_reservation_is_one_that_others_wait_for()
    {
        FenceReservation reservation = new(_lock);
        FenceTimeline timeline = new("engine");
        Fence fence = timeline.Issue();
        UnderLock(() =>
        {
            reservation.Reserve(1);
            reservation.Add(fence, FenceUsage.Write);
        });

        using (timeline.BeginSignaling())
        {
            FenceContract.MightAllocate();
            timeline.Signal(fence);
        }

        Reported(LockViolationKind.CircularDependency, "fence engine", "memory reclaim", "invalidation");
    }

    [Fact]
    public void A_fence_that_nobody_else_finds_is_silent()
    {
        FenceTimeline timeline = new("engine");
        Fence fence = timeline.Issue();

        using (timeline.BeginSignaling())
        {
            FenceContract.MightAllocate();
            timeline.Signal(fence);
        }

        Silent();
    }

    private void UnderLock(Action action)
    {
        Assert.True(_lock.TryLock());
        action();
        _lock.Unlock();
    }
}
