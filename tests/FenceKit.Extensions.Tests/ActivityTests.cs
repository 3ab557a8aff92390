// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Extensions.Tests;

/// <summary>Sessions as spans of the activity source "FenceKit".</summary>
public sealed class ActivityTests : IDisposable
{
    private static readonly AddressRange s_page = new(0x1000, 0x2000);

    private readonly string _name = $"traced {Guid.NewGuid():N}";
    private readonly ConcurrentQueue<Activity> _stopped = [];
    private readonly ActivityListener _listener;
    private readonly InvalidationNotifier _notifier;

    public ActivityTests()
    {
        _notifier = new InvalidationNotifier(_name);
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "FenceKit",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _notifier.Dispose();
    }

    [Fact]
    public void A_session_is_a_span_with_its_steps_below_it()
    {
        using FenceTimeline device = new("device");
        _notifier.Subscribe(s_page, new StubSubscriber { Fence = device.Issue() }, "nic");
        InvalidationSession session = Schedule();
        TestThread signaler = TestThread.Start(() =>
        {
            Limit.Until(() => WaitForGraph.Capture().Waits.Any(wait => wait.Fence == device.GetFence(1)), "The wait");
            device.Signal(1);
        });
        Assert.Equal(InvalidationOutcome.Completed, session.Wait(Limit.Time));
        signaler.Join();
        session.Commit();

        Activity span = Session();
        Assert.Equal(
            ["fencekit.invalidation.schedule scheduled", "fencekit.invalidation.wait completed", "fencekit.invalidation.commit committed"],
            Steps(span));
        Assert.Equal((_name, "Unmap", s_page.ToString(), 1, "committed"), (Tag(span, "notifier"), Tag(span, "reason"), Tag(span, "range"), Tag(span, "ranges"), Tag(span, "outcome")));
        Assert.EndsWith("ActivityTests.cs", (string)span.GetTagItem("code.file.path")!, StringComparison.Ordinal);
        Assert.IsType<int>(span.GetTagItem("code.line.number"));
    }

    [Fact]
    public async Task A_wait_without_a_thread_is_a_span_too_and_so_is_one_that_runs_out_of_time()
    {
        using FenceTimeline device = new("device");
        _notifier.Subscribe(s_page, new StubSubscriber { Fence = device.Issue() }, "nic");
        InvalidationSession session = Schedule();
        Task<InvalidationOutcome> waiting = session.WaitAsync(Limit.Time).AsTask();
        device.Signal(1);
        Assert.Equal(InvalidationOutcome.Completed, await waiting);
        session.BackOff();
        Assert.Equal(
            ["fencekit.invalidation.schedule scheduled", "fencekit.invalidation.wait completed", "fencekit.invalidation.back_off backed_off"],
            Steps(Session()));

        _stopped.Clear();
        using FenceTimeline stuck = new("stuck");
        _notifier.Subscribe(s_page, new StubSubscriber { Fence = stuck.Issue() }, "gpu");
        InvalidationSession second = Schedule();
        Assert.Equal(InvalidationOutcome.Pending, await second.WaitAsync(TimeSpan.FromMilliseconds(1)));
        second.Dispose();
        Assert.Equal(
            ["fencekit.invalidation.schedule scheduled", "fencekit.invalidation.wait pending", "fencekit.invalidation.back_off backed_off"],
            Steps(Session()));
        stuck.Signal(1);
    }

    [Fact]
    public void A_schedule_that_is_refused_is_a_span_of_its_own()
    {
        _notifier.Subscribe(s_page, new StubSubscriber { Refuses = true }, "nic");
        Assert.False(_notifier.TrySchedule(s_page, InvalidationReason.Discard, out _));
        Activity span = Session();
        Assert.Equal("refused", Tag(span, "outcome"));
        Assert.Equal(["fencekit.invalidation.schedule refused"], Steps(span));
    }

    [Fact]
    public void Batches_the_one_call_form_and_shutdowns_are_traced_like_sessions()
    {
        InvalidationBatch batch = _notifier.CreateBatch();
        batch.Add(s_page);
        batch.Add(new AddressRange(0x8000, 0x9000));
        Assert.True(batch.TrySchedule(InvalidationReason.Discard, out InvalidationSession session));
        session.Commit();
        _notifier.Invalidate(s_page, InvalidationReason.Unmap, whileWaiting: null, free: _ => { });
        _notifier.Release(TimeSpan.Zero);

        Activity[] spans = [.. Sessions()];
        Assert.Equal(["Discard", "Unmap", "Release"], spans.Select(span => Tag(span, "reason")));
        Assert.Equal([2, 1, 1], spans.Select(span => Tag(span, "ranges")));
        Assert.All(spans, span => Assert.Equal("committed", Tag(span, "outcome")));
    }

    [Fact]
    public void A_session_that_everybody_forgot_ends_its_span()
    {
        TestThread.Run(() => Schedule());
        Limit.Until(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return Sessions().Any();
            },
            "The end of the span");
        Assert.Equal("forgotten", Tag(Session(), "outcome"));
    }

    [Fact]
    public void What_is_current_stays_so_and_is_the_parent()
    {
        using Activity outer = new Activity("request").Start();
        Activity? inside = null;
        _notifier.Subscribe(s_page, new StubSubscriber { Then = _ => inside = Activity.Current }, "nic");
        InvalidationSession session = Schedule();
        Assert.Same(outer, Activity.Current);
        session.Commit();
        Assert.Same(outer, Activity.Current);

        Activity span = Session();
        Assert.Equal(outer.SpanId, span.ParentSpanId);
        Assert.Equal("fencekit.invalidation.schedule", inside!.OperationName);
        TestThread.Run(() =>
        {
            using Activity elsewhere = new Activity("elsewhere").Start();
            InvalidationSession other = Schedule();
            other.Commit();
            Assert.Same(elsewhere, Activity.Current);
        });
    }

    [Fact]
    public void A_listener_that_throws_is_told_and_stops_nothing()
    {
        long faults = FenceTimeline.CallbackFaults;
        using ActivityListener broken = new()
        {
            ShouldListenTo = source => source.Name == "FenceKit",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = activity => ThrowIf(activity),
            ActivityStopped = activity => ThrowIf(activity),
        };
        ActivitySource.AddActivityListener(broken);
        InvalidationSession session = Schedule();
        session.Commit();
        Assert.True(session.HasEnded);
        Assert.Equal((1, 0), (_notifier.GetStatistics().Committed, _notifier.ActiveSessions));
        Assert.True(FenceTimeline.CallbackFaults > faults);

        static void ThrowIf(Activity activity)
        {
            if (activity.OperationName.EndsWith("schedule", StringComparison.Ordinal) || activity.OperationName.EndsWith("commit", StringComparison.Ordinal))
            {
                throw new NotSupportedException("The listener throws.");
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private InvalidationSession Schedule()
    {
        Assert.True(_notifier.TrySchedule(s_page, InvalidationReason.Unmap, out InvalidationSession session));
        return session;
    }

    private IEnumerable<Activity> Sessions() => _stopped.Where(span => span.OperationName == "fencekit.invalidation" && (string?)Tag(span, "notifier") == _name);

    private Activity Session() => Assert.Single(Sessions());

    private string[] Steps(Activity session) =>
        [.. _stopped.Where(step => step.ParentSpanId == session.SpanId && step.TraceId == session.TraceId).Select(step => $"{step.OperationName} {Tag(step, "outcome")}")];

    private static object? Tag(Activity span, string name) => span.GetTagItem($"fencekit.{name}");
}
