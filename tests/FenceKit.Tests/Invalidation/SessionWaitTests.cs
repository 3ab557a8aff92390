// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Phase C: one wait over all fences, with one budget.</summary>
public class SessionWaitTests : NotifierTest
{
    private static readonly TimeSpan s_millisecond = TimeSpan.FromMilliseconds(1);

    private readonly FakeDevice[] _devices;
    private readonly InvalidationSubscription[] _subscriptions;

    public SessionWaitTests()
    {
        _devices = [PendingDevice(), PendingDevice(), PendingDevice()];
        _subscriptions = [.. _devices.Select((device, i) => Subscribe(0, 10, device, $"device {i}"))];
    }

    [Fact] // Scenario 38.
    public void When_all_fences_fired_during_phase_B_the_wait_returns_at_once()
    {
        using InvalidationSession session = Schedule(0, 10);
        Array.ForEach(_devices, device => device.Finish());

        Assert.Equal(InvalidationOutcome.Completed, session.Wait(Timeout.InfiniteTimeSpan));
        Assert.Equal(0, Clock.ActiveTimers);
        session.Commit();
    }

    [Fact] // Scenario 40.
    public void Fences_may_fire_in_every_order_with_the_same_result()
    {
        int[][] orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        foreach (int[] order in orders)
        {
            using InvalidationSession session = Schedule(0, 10);
            InvalidationOutcome blocking = InvalidationOutcome.Faulted;
            TestThread waiter = TestThread.Start(() => blocking = session.Wait(Timeout.InfiniteTimeSpan));
            Task<InvalidationOutcome> task = session.WaitAsync(Timeout.InfiniteTimeSpan).AsTask();
            for (int i = 0; i < order.Length; i++)
            {
                Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
                Assert.False(task.IsCompleted);
                Assert.Equal(3 - i, session.CopyPending([]));
                _devices[order[i]].Finish();
            }

            waiter.Join();
            Assert.Equal((InvalidationOutcome.Completed, InvalidationOutcome.Completed), (blocking, Limit.On(task)));
            session.Commit();
        }
    }

    [Fact] // Scenario 41.
    public void A_poll_names_who_is_pending_and_changes_nothing()
    {
        using InvalidationSession session = Schedule(0, 10);
        _devices[0].Finish();
        Clock.Advance(7 * s_millisecond);

        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
            PendingInvalidation[] pending = new PendingInvalidation[2];
            Assert.Equal(2, session.CopyPending(pending));
            Assert.Equal(_subscriptions[1..], pending.Select(holder => holder.Subscription));
            Assert.Equal(_devices[1..].Select(device => device.Timeline.GetFence(1)), pending.Select(holder => holder.Fence));
            Assert.All(pending, holder => Assert.Equal((7 * s_millisecond, null), (holder.Held, holder.Error)));
            PendingInvalidation[] one = new PendingInvalidation[1];
            Assert.Equal(2, session.CopyPending(one));
            Assert.Same(_subscriptions[1], one[0].Subscription);
        }

        Assert.All(_devices, device => Assert.False(device.Timeline.HasCallbacks()));
    }

    [Fact]
    public void A_debugger_shows_who_is_open_who_is_subscribed_and_who_holds_what()
    {
        using InvalidationSession session = Schedule(0, 10);
        PendingInvalidation[] pending = new PendingInvalidation[3];
        session.CopyPending(pending);

        Assert.Equal("arena: 1 active", DebuggerText.Of(Notifier));
        Assert.Equal("device 0 [0x0, 0xa)", DebuggerText.Of(_subscriptions[0]));
        Assert.Equal("[0x0, 0xa): Pending", DebuggerText.Of(session));
        Assert.Equal("device 2 for 00:00:00 (device:1)", DebuggerText.Of(pending[2]));
    }

    [Fact] // Scenario 42.
    public void A_budget_of_zero_polls()
    {
        using InvalidationSession session = Schedule(0, 10);

        Assert.Equal(InvalidationOutcome.Pending, session.Wait(TimeSpan.Zero));
        Assert.Equal(InvalidationOutcome.Pending, Limit.On(session.WaitAsync(TimeSpan.Zero).AsTask()));
        Assert.Equal(0, Clock.ActiveTimers);
        Array.ForEach(_devices, device => device.Finish());
        Assert.Equal(InvalidationOutcome.Completed, session.Wait(TimeSpan.Zero));
        Assert.Equal(InvalidationOutcome.Completed, Limit.On(session.WaitAsync(TimeSpan.Zero).AsTask()));
    }

    [Theory] // Scenario 43: fences of 10, 30 and 30 ms under a budget of 20 ms.
    [InlineData(true)]
    [InlineData(false)]
    public void One_budget_serves_the_whole_set(bool blocking)
    {
        using InvalidationSession session = Schedule(0, 10);
        InvalidationOutcome outcome = InvalidationOutcome.Completed;
        Task<InvalidationOutcome> task = Task.FromResult(outcome);
        TestThread waiter = TestThread.Start(() =>
        {
            if (blocking)
            {
                outcome = session.Wait(20 * s_millisecond);
            }
            else
            {
                task = session.WaitAsync(20 * s_millisecond).AsTask();
                outcome = Limit.On(task);
            }
        });
        Clock.UntilTimerIsSet();
        Clock.Advance(10 * s_millisecond);
        Assert.True(_devices[0].Timeline.HasCallbacks());
        _devices[0].Finish();
        Limit.Until(_devices[1].Timeline.HasCallbacks, "Going on to the second fence");
        Clock.UntilTimerIsSet();
        Clock.Advance(10 * s_millisecond);
        waiter.Join();

        Assert.Equal(InvalidationOutcome.Pending, outcome);
        PendingInvalidation[] pending = new PendingInvalidation[3];
        Assert.Equal(2, session.CopyPending(pending));
        Assert.Equal(["device 1", "device 2"], pending[..2].Select(holder => holder.Name));
        Assert.Equal(20 * s_millisecond, pending[0].Held);
        Assert.Equal(0, Clock.ActiveTimers);
        Assert.All(_devices, device => Assert.False(device.Timeline.HasCallbacks()));
    }

    [Fact] // Scenario 51.
    public async Task Canceling_ends_one_wait_and_leaves_the_session_alone()
    {
        InvalidationSession session = Schedule(0, 10);
        using CancellationTokenSource cancellation = new();
        Task<InvalidationOutcome> canceled = session.WaitAsync(Timeout.InfiniteTimeSpan, cancellation.Token).AsTask();
        Task<InvalidationOutcome> other = session.WaitAsync(Timeout.InfiniteTimeSpan).AsTask();
        TestThread blocked = TestThread.Start(
            () => Assert.Throws<OperationCanceledException>(() => session.Wait(Timeout.InfiniteTimeSpan, cancellation.Token)));
        blocked.UntilBlocked();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Limit.OnAsync(canceled));
        blocked.Join();
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        Array.ForEach(_devices, device => device.Finish());
        Assert.Equal(InvalidationOutcome.Completed, await Limit.OnAsync(other));
        session.Commit();
    }

    [Fact] // Scenario 52.
    public void Two_threads_wait_for_one_session_and_one_of_them_commits()
    {
        InvalidationSession session = Schedule(0, 10);
        int commits = 0;
        int refusals = 0;
        void WaitAndCommit()
        {
            Assert.Equal(InvalidationOutcome.Completed, session.Wait(Timeout.InfiniteTimeSpan));
            try
            {
                session.Commit();
                Interlocked.Increment(ref commits);
            }
            catch (InvalidOperationException)
            {
                Interlocked.Increment(ref refusals);
            }
        }

        TestThread[] waiters = [TestThread.Start(WaitAndCommit), TestThread.Start(WaitAndCommit)];
        Array.ForEach(waiters, waiter => waiter.UntilBlocked());
        Array.ForEach(_devices, device => device.Finish());

        Array.ForEach(waiters, waiter => waiter.Join());
        Assert.Equal((1, 1), (commits, refusals));
        Assert.Equal(1, Notifier.GetStatistics().Committed);
    }

    [Fact] // Scenario 55.
    public void A_fence_that_is_signaled_when_schedule_returns_is_not_waited_for()
    {
        foreach (FakeDevice device in _devices)
        {
            device.Timeline.Issue(2);
            device.Timeline.Signal(2);
            device.Answer = DeviceAnswer.Done;
        }

        SignaledSubscriber signaled = new(_devices[0].Timeline.GetFence(2));
        Notifier.Subscribe(Range(0, 10), signaled, "signaled");

        using InvalidationSession session = Schedule(0, 10);

        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        Assert.Equal(0, session.CopyPending([]));
        session.Commit();
    }

    [Fact] // Scenario 56.
    public void A_fence_that_fires_between_a_poll_and_a_wait_is_not_missed()
    {
        for (int round = 0; round < 2_000; round++)
        {
            using InvalidationSession session = Schedule(0, 10);
            session.TryWait();
            TestThread? signaler = null;
            if (round % 100 == 0)
            {
                signaler = TestThread.Start(() => Array.ForEach(_devices, device => device.Finish()));
            }
            else
            {
                Array.ForEach(_devices, device => device.Finish());
            }

            Assert.Equal(InvalidationOutcome.Completed, session.Wait(Timeout.InfiniteTimeSpan));
            signaler?.Join();
            session.Commit();
        }
    }

    private sealed class SignaledSubscriber(Fence answer) : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = answer;
            return true;
        }
    }
}
