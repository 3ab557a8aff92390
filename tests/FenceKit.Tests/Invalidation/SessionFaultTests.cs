// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Fences that complete badly, and drivers of several steps.</summary>
public class SessionFaultTests : NotifierTest
{
    private readonly FakeDevice _good = new(DeviceAnswer.Pending, "good");
    private readonly FakeDevice _bad = new(DeviceAnswer.Pending, "bad");
    private readonly InvalidOperationException _error = new("I/O");

    public SessionFaultTests()
    {
        Subscribe(0, 10, _good);
        Subscribe(0, 10, _bad);
    }

    [Fact] // Scenario 48, policy fail.
    public void A_fence_that_faults_fails_the_session_and_never_counts_as_success()
    {
        using InvalidationSession session = Schedule(0, 10);
        _good.Finish();
        _bad.Timeline.Signal(1, _error);

        Assert.Equal(InvalidationOutcome.Faulted, session.TryWait());
        Assert.Equal(InvalidationOutcome.Faulted, session.Wait(Timeout.InfiniteTimeSpan));
        PendingInvalidation[] holders = new PendingInvalidation[2];
        Assert.Equal(1, session.CopyPending(holders));
        Assert.Same(_error, holders[0].Error);
        Assert.Throws<InvalidOperationException>(session.Commit);
        Assert.False(session.HasEnded);
        session.BackOff();
    }

    [Fact]
    public void A_fault_ends_the_wait_for_the_others()
    {
        using InvalidationSession session = Schedule(0, 10);
        InvalidationOutcome outcome = InvalidationOutcome.Completed;
        TestThread waiter = TestThread.Start(() => outcome = session.Wait(Timeout.InfiniteTimeSpan));
        Task<InvalidationOutcome> task = session.WaitAsync(Timeout.InfiniteTimeSpan).AsTask();
        waiter.UntilBlocked();

        _good.Timeline.Signal(1, _error);

        waiter.Join();
        Assert.Equal((InvalidationOutcome.Faulted, InvalidationOutcome.Faulted), (outcome, Limit.On(task)));
    }

    [Fact] // Scenario 48, policy quiesced.
    public void Where_faults_mean_that_the_device_is_gone_the_session_completes()
    {
        InvalidationNotifierOptions options = new() { FaultPolicy = InvalidationFaultPolicy.TreatAsQuiesced };
        using InvalidationNotifier notifier = new("unplugged", options);
        notifier.Subscribe(Range(0, 10), _bad, "bad");

        Assert.True(notifier.TrySchedule(Range(0, 10), Unmap, out InvalidationSession session));
        _bad.Timeline.Signal(_bad.Timeline.Issued, _error);

        Assert.Equal(InvalidationOutcome.Completed, session.Wait(Timeout.InfiniteTimeSpan));
        Assert.Equal(0, session.CopyPending([]));
        session.Commit();
    }

    [Fact]
    public void A_subscriber_that_throws_is_no_quiesced_device_under_any_policy()
    {
        InvalidationNotifierOptions options = new() { FaultPolicy = InvalidationFaultPolicy.TreatAsQuiesced };
        using InvalidationNotifier notifier = new("unplugged", options);
        notifier.Subscribe(Range(0, 10), new FakeDevice(DeviceAnswer.Throw), "bad");

        Assert.True(notifier.TrySchedule(Range(0, 10), Unmap, out InvalidationSession session));

        Assert.Equal(InvalidationOutcome.Faulted, session.Wait(Timeout.InfiniteTimeSpan));
        session.BackOff();
    }

    [Fact] // Scenario 50.
    public void A_lost_device_ends_the_wait_and_faults_the_session()
    {
        using InvalidationSession session = Schedule(0, 10);
        _good.Finish();
        InvalidationOutcome outcome = InvalidationOutcome.Completed;
        TestThread waiter = TestThread.Start(() => outcome = session.Wait(Timeout.InfiniteTimeSpan));
        waiter.UntilBlocked();

        _bad.Timeline.Poison(_error);

        waiter.Join();
        Assert.Equal(InvalidationOutcome.Faulted, outcome);
    }

    [Fact]
    public void A_fence_that_has_faulted_when_schedule_returns_fails_the_session()
    {
        _bad.Timeline.Poison(_error);

        using InvalidationSession session = Schedule(0, 10);

        Assert.Equal(InvalidationOutcome.Faulted, session.TryWait());
    }

    [Fact]
    public void A_session_that_was_complete_stays_complete_whatever_its_devices_do_next()
    {
        using InvalidationNotifier notifier = new("arena");
        FakeDevice forgetful = new(DeviceAnswer.Pending, "forgetful", new FenceTimelineOptions { RetainedFaults = 1 });
        forgetful.Timeline.Signal(forgetful.Timeline.Issue(), new InvalidOperationException("before"));
        notifier.Subscribe(Range(0, 10), forgetful, "forgetful");
        notifier.TrySchedule(Range(0, 10), Unmap, out InvalidationSession session);
        forgetful.Finish();
        Assert.Equal(InvalidationOutcome.Completed, session.Wait(Timeout.InfiniteTimeSpan));

        // Its timeline forgets the good outcome; the owner has freed the range by now.
        forgetful.Timeline.Signal(forgetful.Timeline.Issue(), new InvalidOperationException("after"));
        forgetful.Timeline.Issue();
        Assert.Equal(FenceStatus.Signaled, forgetful.Timeline.GetFence(2).Status);
        forgetful.Timeline.Signal(forgetful.Timeline.Issued);
        forgetful.Timeline.Signal(forgetful.Timeline.Issue(), new InvalidOperationException("after that"));
        Assert.Equal(FenceStatus.Retired, forgetful.Timeline.GetFence(2).Status);

        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        Assert.Equal(0, session.CopyPending([]));
        session.Commit();
    }

    [Fact] // Scenario 53.
    public void Steps_of_several_devices_run_side_by_side_and_one_wait_covers_them()
    {
        StagedDevice[] devices = [.. Enumerable.Range(0, 4).Select(_ => new StagedDevice())];
        Array.ForEach(devices, device => Notifier.Subscribe(Range(20, 30), device, "staged"));
        using InvalidationSession session = Schedule(20, 30);
        InvalidationOutcome outcome = InvalidationOutcome.Faulted;
        TestThread waiter = TestThread.Start(() => outcome = session.Wait(Timeout.InfiniteTimeSpan));

        // Every device is in its first step, then every device is in its second: nobody waits for somebody else's chain.
        for (int stage = 0; stage < StagedDevice.Stages; stage++)
        {
            Assert.All(devices, device => Assert.Equal(stage, device.Stage));
            Assert.Equal(4, session.CopyPending([]));
            Array.ForEach(devices, device => device.FinishStage());
        }

        waiter.Join();
        Assert.Equal(InvalidationOutcome.Completed, outcome);
        session.Commit();
    }

    [Fact] // Scenario 54.
    public void A_step_that_fails_faults_its_own_fence_and_the_others_go_on()
    {
        StagedDevice failing = new() { FailsAt = 1 };
        StagedDevice working = new();
        Notifier.Subscribe(Range(20, 30), failing, "failing");
        Notifier.Subscribe(Range(20, 30), working, "working");
        using InvalidationSession session = Schedule(20, 30);
        for (int stage = 0; stage < StagedDevice.Stages; stage++)
        {
            failing.FinishStage();
            working.FinishStage();
        }

        Assert.Equal(InvalidationOutcome.Faulted, session.TryWait());
        PendingInvalidation[] holders = new PendingInvalidation[2];
        Assert.Equal(1, session.CopyPending(holders));
        Assert.Equal("failing", holders[0].Name);
        Assert.IsType<NotSupportedException>(holders[0].Error);
        Assert.True(working.IsDone);
    }

    /// <summary>Drain, flush, acknowledge: each step starts when the fence of the one before signals.</summary>
    private sealed class StagedDevice : FenceCallback, IInvalidationSubscriber
    {
        internal const int Stages = 3;

        private readonly FenceTimeline _steps = new("steps");
        private readonly FenceTimeline _whole = new("whole");

        internal int Stage => (int)_steps.Completed;

        internal int FailsAt { get; init; } = -1;

        internal bool IsDone => _whole.Completed == _whole.Issued;

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = _whole.Issue();
            return _steps.Issue().TryAddCallback(this);
        }

        internal void FinishStage() => _steps.Signal(_steps.Issued);

        protected override void OnSignaled(FenceStatus status, Exception? fault)
        {
            if (Stage == FailsAt)
            {
                _whole.Signal(_whole.Issued, new NotSupportedException("flush"));
            }
            else if (Stage == Stages)
            {
                _whole.Signal(_whole.Issued);
            }
            else
            {
                _steps.Issue().TryAddCallback(this);
            }
        }
    }
}
