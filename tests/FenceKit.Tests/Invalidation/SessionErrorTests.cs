// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Errors and texts of sessions name who is in the way, and why.</summary>
public class SessionErrorTests : NotifierTest
{
    [Fact]
    public void A_default_session_says_that_it_was_never_begun_and_an_ended_one_that_it_has_ended()
    {
        InvalidationSession session = Schedule(0, 10);
        session.BackOff();

        Assert.Contains("never begun", Assert.Throws<InvalidOperationException>(() => default(InvalidationSession).TryWait()).Message, StringComparison.Ordinal);
        Assert.Contains("never begun", Assert.Throws<InvalidOperationException>(default(InvalidationSession).Commit).Message, StringComparison.Ordinal);
        Assert.Contains("has ended", Assert.Throws<InvalidOperationException>(session.BackOff).Message, StringComparison.Ordinal);
        Assert.Equal(("never begun", "ended"), (default(InvalidationSession).ToString(), session.ToString()));
    }

    [Fact]
    public void A_commit_that_comes_too_early_names_everybody_who_is_in_the_way()
    {
        Subscribe(0, 10, PendingDevice(), "nic");
        Subscribe(0, 10, PendingDevice(), "gpu");
        using InvalidationSession session = Schedule(0, 10);
        Clock.Advance(TimeSpan.FromSeconds(3));

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(session.Commit);

        Assert.Contains("nic for 00:00:03 (device:1), gpu for 00:00:03 (device:1)", error.Message, StringComparison.Ordinal);
        Assert.Contains("[0x0, 0xa) (Unmap) by arena, scheduled at NotifierTest.cs:", error.Message, StringComparison.Ordinal);
        Assert.Null(error.InnerException);
        Assert.Null(session.Error);
        Assert.False(session.HasEnded);
    }

    [Fact]
    public void Of_very_many_in_the_way_it_names_some_and_counts_the_rest()
    {
        for (int index = 0; index < 20; index++)
        {
            Subscribe(0, 10, PendingDevice(), $"device {index}");
        }

        using InvalidationSession session = Schedule(0, 10);

        Assert.Contains(", and 4 more", Assert.Throws<InvalidOperationException>(session.Commit).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_subscriber_throws_is_the_error_of_the_session_and_the_inner_exception_of_a_commit()
    {
        Subscribe(0, 10, PendingDevice(), "stuck");
        Subscribe(0, 10, new FakeDevice(DeviceAnswer.Throw), "broken");
        using InvalidationSession session = Schedule(0, 10);

        Assert.IsType<NotSupportedException>(session.Error);
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(session.Commit);
        Assert.Same(session.Error, error.InnerException);
        Assert.Contains("broken for 00:00:00: driver", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void So_is_the_fault_of_a_fence()
    {
        FakeDevice device = PendingDevice();
        Subscribe(0, 10, device);
        using InvalidationSession session = Schedule(0, 10);
        InvalidOperationException fault = new("I/O");
        device.Timeline.Signal(1, fault);

        Assert.Same(fault, session.Error);
        Assert.Same(fault, Assert.Throws<InvalidOperationException>(session.Commit).InnerException);
    }

    [Fact]
    public void Notifiers_and_those_who_hold_something_have_a_text()
    {
        InvalidationNotifier notifier = new("pool");
        notifier.Subscribe(Range(0, 10), new FakeDevice(DeviceAnswer.Pending), "nic");
        notifier.TrySchedule(Range(0, 5), Unmap, out InvalidationSession session);
        PendingInvalidation[] pending = new PendingInvalidation[1];
        session.CopyPending(pending);
        Assert.Equal("pool: 1 sessions open, 1 subscriptions", notifier.ToString());
        Assert.Equal("[0x0, 0x5): Pending", session.ToString());
        Assert.StartsWith("nic for ", pending[0].ToString(), StringComparison.Ordinal);
        Assert.Equal("nobody", default(PendingInvalidation).ToString());
        session.BackOff();

        Assert.Equal("[0x0, 0xa) held by nic", Assert.Single(notifier.Release(TimeSpan.Zero)).ToString());
        Assert.Equal("nothing", default(QuarantinedMemory).ToString());
        Assert.Equal("pool: 0 sessions open, 1 subscriptions, shut down", notifier.ToString());
    }

    [Fact]
    public void A_thread_that_would_wait_for_its_own_earlier_session_is_told() => TestThread.Run(() =>
    {
        InvalidationSession earlier = Schedule(0, 10);
        InvalidationSession later = Schedule(5, 15);

        string message = Assert.Throws<InvalidOperationException>(() => later.Wait(Timeout.InfiniteTimeSpan)).Message;
        Assert.Contains("wait for itself", message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(
            () => Notifier.Invalidate(Range(0, 1), Unmap, _ => Assert.Fail("Unmapped"), _ => Assert.Fail("Freed")));
        Assert.Throws<InvalidOperationException>(() => Notifier.Release(Limit.Time));

        // Nothing has changed, looking is allowed, and so is an await, before whose end the thread may end the earlier one.
        Assert.Equal(InvalidationOutcome.Pending, later.Wait(TimeSpan.Zero));
        Task<InvalidationOutcome> task = later.WaitAsync(Timeout.InfiniteTimeSpan).AsTask();
        earlier.BackOff();
        Assert.Equal(InvalidationOutcome.Completed, Limit.On(task));
        later.Commit();
    });

    [Fact]
    public void A_callback_that_would_wait_for_the_session_that_calls_it_is_told()
    {
        FakeDevice device = new();
        Subscribe(0, 10, device);
        Exception? error = null;
        device.WhenCalled = ContractReports.AskedFor("a subscriber waits", () =>
        {
            device.WhenCalled = null;
            using InvalidationSession inner = Schedule(0, 10);
            error = Record.Exception(() => inner.Wait(Limit.Time));
        });

        Schedule(0, 10).Commit();

        Assert.Contains("wait for itself", Assert.IsType<InvalidOperationException>(error).Message, StringComparison.Ordinal);
    }
}
