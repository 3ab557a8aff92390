// SPDX-License-Identifier: MIT
using System.Diagnostics.Tracing;
using Microsoft.Extensions.ObjectPool;

namespace FenceKit.Tests.Fences;

/// <summary>
/// Whatever a user's code throws where FenceKit calls it on its own account is caught, counted and told; the process, the signaler and the other waiters
/// go on. Alone, because event and counter belong to the process.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class UserFaultTests : IDisposable
{
    private readonly FenceTimeline _timeline = new("faulty user");
    private readonly List<FenceCallbackFaultedEventArgs> _reports = [];
    private readonly long _faultsBefore = FenceTimeline.CallbackFaults;

    public UserFaultTests() => FenceTimeline.CallbackFaulted += Record;

    public void Dispose() => FenceTimeline.CallbackFaulted -= Record;

    [Fact]
    public void A_registration_of_a_fences_token_that_throws_is_told_and_the_other_registrations_run()
    {
        Fence fence = _timeline.Issue();
        using ManualResetEventSlim ran = new();
        CancellationToken token = fence.AsCancellationToken(out _);
        token.Register(ran.Set);
        token.Register(() => throw new NotSupportedException("registered"));
        _timeline.Signal(fence);
        Limit.On(ran);
        FenceCallbackFaultedEventArgs report = WaitForReport();
        Assert.Equal("a registration of AsCancellationToken", report.Origin);
        Assert.Equal("registered", report.Exception.Message);
        Assert.Equal(("faulty user", 1UL), (report.TimelineName, report.Point));
        Assert.Null(report.Callback);
        Assert.Equal(1, FenceTimeline.CallbackFaults - _faultsBefore);
    }

    [Theory]
    [InlineData(FenceContinuation.ThreadPool)]
    [InlineData(FenceContinuation.Inline)]
    [InlineData(FenceContinuation.CapturedContext)]
    public void A_continuation_that_throws_is_told_wherever_it_runs(FenceContinuation place)
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new SynchronizationContext()); // posts to the thread pool
        try
        {
            Fence fence = _timeline.Issue();
            fence.ConfigureAwait(place).GetAwaiter().UnsafeOnCompleted(Throw);
            Assert.True(_timeline.Signal(fence));
            Assert.Equal("thrown", WaitForReport().Exception.Message);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    [Fact]
    public void Behind_a_continuation_that_throws_the_others_of_the_same_signal_run()
    {
        Fence fence = _timeline.Issue();
        using CountdownEvent others = new(2);
        fence.GetAwaiter().UnsafeOnCompleted(() => others.Signal());
        fence.GetAwaiter().UnsafeOnCompleted(Throw);
        fence.GetAwaiter().UnsafeOnCompleted(() => others.Signal());
        _timeline.Signal(fence);
        Assert.True(others.Wait(Limit.Time));
        WaitForReport();
    }

    [Fact]
    public void An_inline_continuation_that_throws_does_not_reach_the_timer_or_the_canceler_that_ended_the_wait()
    {
        ManualTimeProvider clock = new();
        FenceTimeline timeline = new("clocked", new FenceTimelineOptions { TimeProvider = clock });
        timeline.Issue().WaitAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(FenceContinuation.Inline).GetAwaiter().UnsafeOnCompleted(Throw);
        clock.Advance(TimeSpan.FromSeconds(2));
        WaitForReport();

        using CancellationTokenSource cancellation = new();
        _timeline.Issue().WaitAsync(Timeout.InfiniteTimeSpan, cancellation.Token).ConfigureAwait(FenceContinuation.Inline).GetAwaiter().UnsafeOnCompleted(Throw);
        cancellation.Cancel();
        WaitForReport(2);
    }

    [Theory]
    [InlineData(FenceContinuation.ThreadPool)]
    [InlineData(FenceContinuation.Inline)]
    public void A_continuation_of_a_wait_for_several_that_throws_is_told(FenceContinuation place)
    {
        Fence fence = _timeline.Issue();
        Fence.WaitAnyAsync([fence, _timeline.Issue()]).ConfigureAwait(place).GetAwaiter().UnsafeOnCompleted(Throw);
        Assert.True(_timeline.Signal(fence));
        WaitForReport();
    }

    [Fact]
    public void A_driver_whose_hook_throws_does_not_disturb_who_polls_or_gives_a_deadline()
    {
        FenceTimeline timeline = new("driver", new FenceTimelineOptions
        {
            Poll = () => throw new NotSupportedException("poll"),
            DeadlineChanged = (_, _) => throw new NotSupportedException("deadline"),
        });
        Fence fence = timeline.Issue();
        Assert.False(fence.TryPoll());
        fence.SetDeadline(TimeSpan.Zero);
        Assert.Equal(["poll", "deadline"], _reports.Select(report => report.Exception.Message));
        Assert.Equal(["driver", "driver"], _reports.Select(report => report.TimelineName));
        Assert.True(timeline.Signal(fence));
    }

    [Fact]
    public async Task A_wait_whose_clock_throws_ends_and_the_await_hears_of_it()
    {
        BrokenClock clock = new() { ThrowsOnCreateTimer = true };
        FenceTimeline timeline = new("clocked", new FenceTimelineOptions { TimeProvider = clock });
        Fence fence = timeline.Issue();
        await Assert.ThrowsAsync<NotSupportedException>(() => Limit.OnAsync(WaitAsync()));
        Assert.Equal("the clock of a timed wait", WaitForReport().Origin);

        clock.ThrowsOnCreateTimer = false;
        Task<FenceStatus> wait = WaitAsync();
        Assert.False(wait.IsCompleted);
        clock.ThrowsOnTimestamp = true;
        clock.Manual.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<NotSupportedException>(() => Limit.OnAsync(wait));

        clock.ThrowsOnTimestamp = false;
        wait = WaitAsync();
        clock.ThrowsOnChange = true;
        timeline.Signal(fence);
        Assert.Equal(FenceStatus.Signaled, await Limit.OnAsync(wait)); // stopping the timer threw; the continuation runs all the same

        async Task<FenceStatus> WaitAsync() => await fence.WaitAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void A_watchdog_whose_clock_throws_looks_again_and_still_faults_what_is_late()
    {
        BrokenClock clock = new();
        FenceTimeline timeline = new("watched", new FenceTimelineOptions { TimeProvider = clock, Watchdog = TimeSpan.FromSeconds(4) });
        Fence fence = timeline.Issue();
        clock.ThrowsOnTimestamp = true;
        clock.Manual.Advance(TimeSpan.FromSeconds(1));
        clock.ThrowsOnTimestamp = false;
        Assert.Equal("the clock of a watchdog", WaitForReport().Origin);
        clock.Manual.Advance(TimeSpan.FromSeconds(20));
        Assert.IsType<FenceTimeoutException>(fence.Error);
    }

    [Fact]
    public void A_receiver_of_stuck_waits_that_throws_hears_of_the_next_one_too()
    {
        ManualTimeProvider clock = new();
        int calls = 0;
        using IDisposable watch = WaitForGraph.Watch(
            TimeSpan.FromSeconds(4),
            graph =>
            {
                if (graph.ToString().Contains("stuck here", StringComparison.Ordinal))
                {
                    calls++;
                    throw new NotSupportedException("receiver");
                }
            },
            clock);
        FenceTimeline timeline = new("stuck here");
        RecordingCallback first = new();
        RecordingCallback second = new();
        timeline.Issue().TryAddCallback(first);
        clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("receiver", WaitForReport().Exception.Message);
        timeline.Issue().TryAddCallback(second);
        clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(2, calls);
        timeline.Dispose();
    }

    [Fact]
    public async Task A_users_pool_that_throws_loses_no_wait()
    {
        FenceTimeline timeline = new("pooled", new FenceTimelineOptions { PoolProvider = new BrokenPools() });
        Fence fence = timeline.Issue();
        Task[] waits = [PlainAsync(), PlainAsync(), TimedAsync()];
        timeline.Signal(fence);
        await Limit.OnAsync(Task.WhenAll(waits));
        Assert.NotEmpty(_reports);

        async Task PlainAsync() => await fence;

        async Task TimedAsync() => await fence.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void A_shared_object_that_throws_as_it_is_disposed_on_the_thread_pool_is_told()
    {
        using InvalidationNotifier notifier = new("memory");
        AddressRange range = new(0, 4096);
        SharedSubscriber<ThrowingDisposable>? shared = notifier.GetOrCreate(_ => new ThrowingDisposable());
        notifier.Subscribe(range, new LetsGo(ContractReports.AskedFor("the last user of a shared object goes", () => Interlocked.Exchange(ref shared, null)?.Dispose())), "lets go");
        Assert.True(notifier.TrySchedule(range, InvalidationReason.Unmap, out InvalidationSession session));
        session.Dispose();
        Assert.Equal("the Dispose of a shared ThrowingDisposable", WaitForReport().Origin);
    }

    [Fact]
    public void An_exception_that_cannot_even_say_what_it_is_stops_nobody_while_somebody_listens()
    {
        using Listener listener = new();
        Fence first = _timeline.Issue();
        Fence second = _timeline.Issue();
        RecordingCallback after = new();
        first.TryAddCallback(new RecordingCallback(() => throw new SpeechlessException()));
        first.TryAddCallback(after);
        RecordingCallback faulted = new();
        second.TryAddCallback(faulted);
        Assert.True(_timeline.Signal(first));
        Assert.True(_timeline.Signal(second, new SpeechlessException()));
        Assert.Equal((1, 1), (after.Calls, faulted.Calls));
        Assert.Equal(["CallbackFaulted", "PointsFaulted"], listener.Names);
    }

    private static void Throw() => throw new NotSupportedException("thrown");

    private FenceCallbackFaultedEventArgs WaitForReport(int count = 1)
    {
        Limit.Until(
            () =>
            {
                lock (_reports)
                {
                    return _reports.Count >= count;
                }
            },
            "The report");
        Assert.Equal(count, _reports.Count);
        return _reports[^1];
    }

    private void Record(object? sender, FenceCallbackFaultedEventArgs report)
    {
        lock (_reports)
        {
            _reports.Add(report);
        }
    }

    private sealed class SpeechlessException : Exception
    {
        public override string Message => throw new NotSupportedException();

        public override string ToString() => throw new NotSupportedException();
    }

    private sealed class ThrowingDisposable : IDisposable
    {
        public void Dispose() => throw new NotSupportedException("dispose");
    }

    private sealed class LetsGo(Action then) : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = default;
            then();
            return true;
        }
    }

    private sealed class BrokenPools : ObjectPoolProvider
    {
        public override ObjectPool<T> Create<T>(IPooledObjectPolicy<T> policy) => new Pool<T>();

        private sealed class Pool<T> : ObjectPool<T>
            where T : class
        {
            public override T Get() => throw new NotSupportedException("get");

            public override void Return(T obj) => throw new NotSupportedException("return");
        }
    }

    private sealed class BrokenClock : TimeProvider
    {
        internal ManualTimeProvider Manual { get; } = new();

        internal bool ThrowsOnTimestamp { get; set; }

        internal bool ThrowsOnCreateTimer { get; set; }

        internal bool ThrowsOnChange { get; set; }

        public override long TimestampFrequency => Manual.TimestampFrequency;

        public override long GetTimestamp() => ThrowsOnTimestamp ? throw new NotSupportedException("timestamp") : Manual.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            ThrowsOnCreateTimer ? throw new NotSupportedException("timer") : new Timer(this, Manual.CreateTimer(callback, state, dueTime, period));

        private sealed class Timer(BrokenClock clock, ITimer inner) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) =>
                clock.ThrowsOnChange ? throw new NotSupportedException("change") : inner.Change(dueTime, period);

            public void Dispose() => inner.Dispose();

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }

    private sealed class Listener : EventListener
    {
        private readonly List<string> _names = [];

        internal List<string> Names => [.. _names];

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "FenceKit")
            {
                EnableEvents(eventSource, EventLevel.Informational, (EventKeywords)2);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.Payload is { Count: > 0 } payload && payload[0] is "faulty user")
            {
                _names.Add(eventData.EventName!);
            }
        }
    }
}
