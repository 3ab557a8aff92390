// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Commit, back off, and handles that outlive their session.</summary>
public class SessionEndTests : NotifierTest
{
    private readonly FakeDevice _device = new(DeviceAnswer.Pending);
    private readonly InvalidationSubscription _subscription;

    public SessionEndTests() => _subscription = Subscribe(0, 10, _device);

    [Fact] // Scenario 39.
    public void An_exception_in_phase_B_backs_off_and_the_fences_still_signal_in_their_time()
    {
        Fence fence = default;
        Action phases = () =>
        {
            using InvalidationSession session = Schedule(0, 10);
            fence = _device.Timeline.GetFence(1);
            throw new NotSupportedException("unmap");
        };

        Assert.Throws<NotSupportedException>(phases);

        Assert.Equal(1, Notifier.GetStatistics().BackedOff);
        Assert.True(_subscription.TryBeginRead(Range(0, 10), out _));
        Assert.False(fence.IsSignaled);
        _device.Finish();
        Assert.True(fence.IsSignaled);
    }

    [Fact] // Scenario 44.
    public void Backing_off_lets_readers_go_on_although_the_device_is_still_busy()
    {
        InvalidationSession session = Schedule(0, 10);
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());

        session.BackOff();

        Assert.True(_subscription.TryBeginRead(Range(0, 10), out _));
        Assert.False(_device.Timeline.GetFence(1).IsSignaled);
    }

    [Fact] // Scenario 46: next time around.
    public void After_a_back_off_the_device_finishes_and_the_next_attempt_does_not_wait()
    {
        Schedule(0, 10).BackOff();
        _device.Finish();
        _device.Answer = DeviceAnswer.Done;

        using InvalidationSession session = Schedule(0, 10);

        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        session.Commit();
    }

    [Fact] // Scenario 47.
    public void After_a_back_off_a_subscriber_that_mapped_again_is_called_again()
    {
        Schedule(0, 10).BackOff();
        Assert.True(_subscription.TryBeginRead(Range(0, 10), out InvalidationSequence sequence));
        Assert.True(_subscription.TryPopulate(sequence, out PopulateScope scope));
        scope.Dispose();

        using InvalidationSession session = Schedule(0, 10);

        Assert.Equal(2, _device.Calls);
    }

    [Fact]
    public void A_session_cannot_be_committed_before_it_is_complete_and_stays_open()
    {
        InvalidationSession session = Schedule(0, 10);

        Assert.Throws<InvalidOperationException>(session.Commit);
        Assert.False(session.HasEnded);
        Assert.False(_subscription.TryBeginRead(Range(0, 10), out _));
        _device.Finish();
        session.Commit();
        Assert.True(session.HasEnded);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_session_that_has_ended_and_every_copy_of_it_refuses_all_use(bool committed)
    {
        InvalidationSession session = Schedule(0, 10);
        InvalidationSession copy = session;
        _device.Finish();
        if (committed)
        {
            session.Commit();
        }
        else
        {
            session.BackOff();
        }

        AssertRefusesAllUse(session);
        AssertRefusesAllUse(copy);
        session.Dispose();
        copy.Dispose();
        Assert.Equal(1, Notifier.GetStatistics().Begun);
    }

    [Fact]
    public void An_old_handle_does_not_reach_the_session_that_its_pooled_object_serves_now()
    {
        InvalidationSession old = Schedule(0, 10);
        old.BackOff();
        InvalidationSession current = Schedule(0, 10);

        AssertRefusesAllUse(old);
        old.Dispose();
        Assert.NotEqual(old, current);
        Assert.False(current.HasEnded);
        Assert.Equal(1, Notifier.ActiveSessions);
        Assert.Equal(InvalidationOutcome.Pending, current.TryWait());
        current.BackOff();
    }

    [Fact]
    public void The_default_session_has_ended()
    {
        AssertRefusesAllUse(default);
        default(InvalidationSession).Dispose();
    }

    [Fact]
    public void A_copy_is_the_same_session()
    {
        InvalidationSession session = Schedule(0, 10);
        InvalidationSession copy = session;
        using InvalidationSession other = Schedule(0, 10);

        Assert.True(copy == session);
        Assert.True(copy.Equals((object)session));
        Assert.Equal(session.GetHashCode(), copy.GetHashCode());
        Assert.True(session != other);
        Assert.Equal("[0x0, 0xa): Pending", DebuggerText.Of(session));
        copy.BackOff();
        Assert.True(session.HasEnded);
        Assert.Equal("ended", DebuggerText.Of(session));
    }

    [Fact]
    public void A_session_may_end_while_others_wait_for_it_and_they_get_an_answer()
    {
        InvalidationSession session = Schedule(0, 10);
        InvalidationOutcome outcome = InvalidationOutcome.Faulted;
        TestThread waiter = TestThread.Start(() => outcome = session.Wait(Timeout.InfiniteTimeSpan));
        waiter.UntilBlocked();
        Task<InvalidationOutcome> task = session.WaitAsync(Timeout.InfiniteTimeSpan).AsTask();

        session.BackOff();
        InvalidationSession next = Schedule(0, 10);
        _device.Timeline.Signal(1);

        waiter.Join();
        Assert.Equal((InvalidationOutcome.Completed, InvalidationOutcome.Completed), (outcome, Limit.On(task)));
        Assert.Equal(InvalidationOutcome.Pending, next.TryWait());
        next.BackOff();
    }

    [Fact]
    public void Of_many_threads_that_end_the_same_session_exactly_one_does()
    {
        _device.Answer = DeviceAnswer.Done;
        for (int round = 0; round < 200; round++)
        {
            InvalidationSession session = Schedule(0, 10);
            int ended = 0;
            void Try(Action end)
            {
                try
                {
                    end();
                    Interlocked.Increment(ref ended);
                }
                catch (InvalidOperationException)
                {
                }
            }

            TestThread.RunTogether(() => Try(session.Commit), () => Try(session.BackOff), () => Try(session.Commit));
            Assert.Equal(1, ended);
            Assert.Equal(round + 1, Notifier.GetStatistics().Begun);
            AssertAtRest(Notifier);
        }
    }

    private static void AssertRefusesAllUse(InvalidationSession session)
    {
        Assert.True(session.HasEnded);
        Assert.Throws<InvalidOperationException>(() => session.Range);
        Assert.Throws<InvalidOperationException>(() => session.TryWait());
        Assert.Throws<InvalidOperationException>(() => session.Wait(TimeSpan.Zero));
        Assert.Throws<InvalidOperationException>(StartWaiting);
        Assert.Throws<InvalidOperationException>(() => session.CopyPending([]));
        Assert.Throws<InvalidOperationException>(session.Commit);
        Assert.Throws<InvalidOperationException>(session.BackOff);

        void StartWaiting() => session.WaitAsync(TimeSpan.Zero).AsTask();
    }
}
