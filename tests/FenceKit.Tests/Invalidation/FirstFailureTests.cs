// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>A wait of a session ends when the session can no longer complete, whatever the order of its subscribers.</summary>
public class FirstFailureTests : NotifierTest
{
    private readonly FakeDevice[] _devices;
    private readonly InvalidOperationException _error = new("I/O");

    public FirstFailureTests()
    {
        _devices = [PendingDevice(), PendingDevice(), PendingDevice()];
        foreach (FakeDevice device in _devices)
        {
            Subscribe(0, 10, device);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void The_first_failure_ends_every_wait_without_a_limit_while_the_others_are_stuck(int failing)
    {
        using InvalidationSession session = Schedule(0, 10);
        InvalidationOutcome outcome = InvalidationOutcome.Completed;
        TestThread waiter = TestThread.Start(() => outcome = session.Wait(Timeout.InfiniteTimeSpan));
        Task<InvalidationOutcome> task = session.WaitAsync(Timeout.InfiniteTimeSpan).AsTask();
        waiter.UntilBlocked();

        _devices[failing].Timeline.Signal(1, _error);

        waiter.Join();
        Assert.Equal((InvalidationOutcome.Faulted, InvalidationOutcome.Faulted), (outcome, Limit.On(task)));
        Assert.All(_devices, device => Assert.False(device.Timeline.HasCallbacks()));
    }

    [Fact]
    public void With_a_limit_the_failure_comes_before_the_time_is_over_and_no_timer_is_left()
    {
        using InvalidationSession session = Schedule(0, 10);
        Task<InvalidationOutcome> task = session.WaitAsync(TimeSpan.FromSeconds(4)).AsTask();
        Clock.UntilTimerIsSet();

        _devices[2].Timeline.Signal(1, _error);

        Assert.Equal(InvalidationOutcome.Faulted, Limit.On(task));
        Assert.Equal(0, Clock.ActiveTimers);
    }

    [Fact]
    public void A_batch_ends_at_the_failure_of_one_of_its_ranges()
    {
        FakeDevice failing = PendingDevice();
        Subscribe(50, 60, failing);
        InvalidationBatch batch = Notifier.CreateBatch();
        batch.Add(Range(0, 10));
        batch.Add(Range(50, 60));
        Assert.True(batch.TrySchedule(Unmap, out InvalidationSession session));
        using (session)
        {
            Task<InvalidationOutcome> task = session.WaitAsync(Timeout.InfiniteTimeSpan).AsTask();
            failing.Timeline.Signal(1, _error);
            Assert.Equal(InvalidationOutcome.Faulted, Limit.On(task));
        }
    }

    [Fact]
    public void A_shutdown_without_a_limit_ends_at_the_failure_and_names_everybody()
    {
        IReadOnlyList<QuarantinedMemory> held = [];
        TestThread owner = TestThread.Start(() => held = Notifier.Release(Timeout.InfiniteTimeSpan));
        owner.UntilBlocked();

        _devices[1].Timeline.Signal(1, _error);

        owner.Join();
        Assert.Equal(3, held.Count);
        Assert.Same(_error, held[1].Error);
    }

    [Fact]
    public void Where_a_failure_counts_as_done_the_wait_goes_on_for_the_others()
    {
        InvalidationNotifierOptions options = new() { FaultPolicy = InvalidationFaultPolicy.TreatAsQuiesced, TimeProvider = Clock };
        using InvalidationNotifier notifier = new("unplugged", options);
        Array.ForEach(_devices, device => notifier.Subscribe(Range(0, 10), device, "device"));
        Assert.True(notifier.TrySchedule(Range(0, 10), Unmap, out InvalidationSession session));
        Task<InvalidationOutcome> task = session.WaitAsync(Timeout.InfiniteTimeSpan).AsTask();

        _devices[2].Timeline.Signal(1, _error);
        _devices[0].Timeline.Signal(1, _error);
        Assert.False(task.IsCompleted);
        _devices[1].Finish();

        Assert.Equal(InvalidationOutcome.Completed, Limit.On(task));
        session.Commit();
    }

    [Fact]
    public void What_a_wait_has_heard_counts_although_the_timeline_has_forgotten_it_since()
    {
        FenceTimeline forgetful = new("forgetful", new FenceTimelineOptions { RetainedFaults = 1 });
        forgetful.Signal(forgetful.Issue(), new InvalidOperationException("first"));
        Fence fence = forgetful.Issue();
        Notifier.Subscribe(Range(0, 10), new StubSubscriber { Fence = fence }, "forgetful");
        using InvalidationSession session = Schedule(0, 10);
        Task<InvalidationOutcome> task = session.WaitAsync(Timeout.InfiniteTimeSpan).AsTask();
        forgetful.Signal(fence);
        forgetful.Signal(forgetful.Issue(), new InvalidOperationException("second"));
        forgetful.Signal(forgetful.Issue(), new InvalidOperationException("third"));
        Assert.Equal(FenceStatus.Retired, fence.Status);

        Array.ForEach(_devices, device => device.Finish());

        Assert.Equal(InvalidationOutcome.Completed, Limit.On(task));
        session.Commit();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Waiting_past_a_failure_allocates_nothing(bool isLast)
    {
        FakeDevice good = new(DeviceAnswer.Pending, "good"); // on the real clock
        FakeDevice bad = new(DeviceAnswer.Pending, "bad");
        using InvalidationNotifier notifier = new("steady");
        notifier.Subscribe(Range(0, 10), isLast ? good : bad, "first");
        notifier.Subscribe(Range(0, 10), isLast ? bad : good, "last");

        Assert.Equal(0, Allocation.Of(() =>
        {
            notifier.TrySchedule(Range(0, 10), Unmap, out InvalidationSession session);
            session.Wait(TimeSpan.FromTicks(1));
            bad.Timeline.Signal(bad.Timeline.Issued, _error);
            session.Wait(TimeSpan.FromSeconds(1));
            session.BackOff();
            good.Finish();
        }, warmUp: 30, rounds: 30));
    }
}
