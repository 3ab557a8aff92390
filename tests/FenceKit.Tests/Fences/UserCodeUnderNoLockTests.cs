// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>
/// Clocks, hooks of drivers and factories are users' code. Each of them has another thread come to the same object and waits for it here: under
/// an internal lock that would never end.
/// </summary>
public class UserCodeUnderNoLockTests
{
    [Fact]
    public void A_driver_that_a_wait_set_arms_may_have_others_use_the_set()
    {
        using FenceWaitSet set = new(2);
        FenceTimeline timeline = new("lazy", new FenceTimelineOptions
        {
            EnableSignaling = _ =>
            {
                TestThread.Run(() => set.Set(1, default));
                return true;
            },
        });

        set.Set(0, timeline.Issue());

        Assert.Equal((1, 1), (set.Watched, set.Ready));
        Assert.True(set.TryTake(out FenceWaitResult result));
        Assert.Equal(1, result.Index);
    }

    [Fact]
    public void A_slot_that_is_emptied_while_its_fence_is_being_armed_reports_nothing_and_leaves_nothing_behind()
    {
        using FenceWaitSet set = new(1);
        FenceTimeline timeline = new("lazy", new FenceTimelineOptions
        {
            EnableSignaling = _ =>
            {
                TestThread.Run(() => Assert.True(set.Clear(0)));
                return true;
            },
        });
        Fence fence = timeline.Issue();

        set.Set(0, fence);

        Assert.False(timeline.IsWaitedFor());
        timeline.Signal(fence);
        Assert.Equal((0, 0), (set.Watched, set.Ready));
    }

    [Fact]
    public void A_driver_that_hears_of_an_arrays_deadline_may_have_others_use_the_array()
    {
        using FenceArray array = new("array", 2);
        using FenceArray outer = new("outer", 2);
        Fence whole = default;
        int heard = 0;
        FenceTimeline timeline = new("driver", new FenceTimelineOptions
        {
            DeadlineChanged = (_, _) =>
            {
                heard++;
                TestThread.Run(() => Assert.True(outer.TryArmAll([whole], out _))); // copies the members
            },
        });
        Assert.True(array.TryArmAll([timeline.Issue()], out whole));

        whole.SetDeadline(TimeSpan.FromSeconds(1));

        Assert.Equal(1, heard);
        timeline.Signal(timeline.Issued);
    }

    [Fact]
    public void The_timer_of_a_timed_wait_may_fire_on_another_thread_inside_its_own_change()
    {
        using CallingClock clock = new();
        FenceTimeline timeline = new("timeline", new FenceTimelineOptions { TimeProvider = clock });
        Fence fence = timeline.Issue();
        clock.FiresInsideChange = true;

        Task<FenceStatus> wait = WaitAsync();

        Assert.Equal(1, clock.Fired);
        timeline.Signal(fence);
        Assert.Equal(FenceStatus.Signaled, Limit.On(wait));

        async Task<FenceStatus> WaitAsync() => await fence.WaitAsync(Limit.Time);
    }

    [Fact]
    public void A_signaler_does_not_wait_for_the_timer_of_a_blocking_wait()
    {
        using CallingClock clock = new();
        FenceTimeline timeline = new("timeline", new FenceTimelineOptions { TimeProvider = clock });
        Fence fence = timeline.Issue();
        clock.InsideChange = () => TestThread.Run(() => timeline.Signal(fence));

        TestThread.Run(() => Assert.Equal(FenceStatus.Signaled, fence.Wait(Limit.Time)));
    }

    [Fact]
    public void A_timer_that_looks_late_does_not_postpone_the_wait_that_has_its_node_by_then() => TestThread.Run(() =>
    {
        OneTimerClock clock = new();
        FenceTimeline timeline = new("timeline", new FenceTimelineOptions { TimeProvider = clock });
        FenceStatus first = FenceStatus.Pending;
        FenceStatus second = FenceStatus.Retired; // nothing yet
        _ = WaitAsync(timeline.Issue(), TimeSpan.FromHours(1), status => first = status);

        // The timer fires early, and reads the clock to see how much is left. Meanwhile its wait ends, and another begins with the same node.
        clock.InsideTimestamp = () =>
        {
            timeline.Signal(timeline.Issued);
            _ = WaitAsync(timeline.Issue(), TimeSpan.FromSeconds(10), status => second = status);
        };
        clock.Fire();
        Assert.Equal(FenceStatus.Signaled, first);

        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(FenceStatus.Pending, second);

        static async Task WaitAsync(Fence fence, TimeSpan limit, Action<FenceStatus> over) =>
            over(await fence.WaitAsync(limit).ConfigureAwait(FenceContinuation.Inline));
    });

    [Fact]
    public void The_clock_of_a_reader_gate_may_have_others_use_the_gate()
    {
        using CallingClock clock = new();
        using InvalidationNotifier notifier = new("memory", new InvalidationNotifierOptions { TimeProvider = clock });
        using ReaderGate gate = new(notifier, new AddressRange(0, 4096), "gate");
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim leave = new();
        TestThread reader = TestThread.Start(() =>
        {
            using (gate.Enter())
            {
                entered.Set();
                Limit.On(leave);
            }
        });
        Limit.On(entered);
        int looks = 0;
        clock.InsideTimestamp = ContractReports.AskedFor(
            "the clock starts a thread and waits for it", () => TestThread.Run(() => looks += gate.CopyHoldouts([]) + 1));

        Assert.True(notifier.TrySchedule(new AddressRange(0, 4096), InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(1, gate.CopyHoldouts([]));
        clock.InsideTimestamp = null;
        session.Dispose();
        leave.Set();
        reader.Join();

        Assert.True(looks > 0);
    }

    [Fact]
    public void The_factory_of_a_shared_object_runs_under_no_lock_and_may_ask_for_others()
    {
        using InvalidationNotifier notifier = new("memory");
        using SharedSubscriber<First> user = notifier.GetOrCreate(owner =>
        {
            TestThread.Run(() => owner.GetOrCreate(_ => new Second()).Dispose());
            return new First();
        });
        Assert.NotNull(user.Value);
    }

    [Fact]
    public void A_factory_that_asks_for_its_own_object_is_told_so_and_the_next_one_may_try_again()
    {
        using InvalidationNotifier notifier = new("memory");
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(
            () => notifier.GetOrCreate(owner => owner.GetOrCreate(_ => new First()).Value));
        Assert.Contains(nameof(First), error.Message, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => notifier.GetOrCreate<First>(_ => throw new NotSupportedException()));
        using SharedSubscriber<First> user = notifier.GetOrCreate(_ => new First());
        Assert.NotNull(user.Value);
    }

    [Fact]
    public void Those_who_ask_while_the_factory_fails_make_the_object_themselves()
    {
        using InvalidationNotifier notifier = new("memory");
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim fail = new();
        TestThread failing = TestThread.Start(() => Assert.Throws<NotSupportedException>(() => notifier.GetOrCreate<First>(_ =>
        {
            entered.Set();
            Limit.On(fail);
            throw new NotSupportedException();
        })));
        Limit.On(entered);
        TestThread second = TestThread.Start(() => notifier.GetOrCreate(_ => new First()).Dispose());
        second.UntilBlocked();
        fail.Set();
        failing.Join();
        second.Join();
    }

    private sealed class First : IDisposable
    {
        public void Dispose()
        {
        }
    }

    private sealed class Second : IDisposable
    {
        public void Dispose()
        {
        }
    }

    /// <summary>The system's clock; it calls the test, or lets a timer fire, where it is asked.</summary>
    private sealed class CallingClock : TimeProvider, IDisposable
    {
        private int _isInside; // what it calls reads the clock too

        internal bool FiresInsideChange { get; set; }

        internal int Fired { get; private set; }

        internal Action? InsideChange { get; set; }

        internal Action? InsideTimestamp { get; set; }

        public override long GetTimestamp()
        {
            if (InsideTimestamp is { } inside && Interlocked.Exchange(ref _isInside, 1) == 0)
            {
                inside();
                Volatile.Write(ref _isInside, 0);
            }

            return base.GetTimestamp();
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new CallingTimer(this, callback, state, base.CreateTimer(callback, state, dueTime, period));

        public void Dispose() => InsideTimestamp = null;

        private sealed class CallingTimer(CallingClock clock, TimerCallback callback, object? state, ITimer inner) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                Action? inside = clock.InsideChange;
                clock.InsideChange = null;
                inside?.Invoke();
                if (clock.FiresInsideChange)
                {
                    clock.FiresInsideChange = false;
                    clock.Fired++;
                    TestThread.Run(() => callback(state));
                }

                return inner.Change(dueTime, period);
            }

            public void Dispose() => inner.Dispose();

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }

    /// <summary>A clock that the test moves, for one timer, which fires in <see cref="Advance"/> if it is due by then.</summary>
    private sealed class OneTimerClock : TimeProvider, ITimer
    {
        private Action _fire = () => { };
        private TimeSpan _due = Timeout.InfiniteTimeSpan;
        private long _now;

        internal Action? InsideTimestamp { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp()
        {
            long now = _now;
            Action? inside = InsideTimestamp;
            InsideTimestamp = null;
            inside?.Invoke();
            return now;
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _fire = () => callback(state);
            return this;
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _due = dueTime == Timeout.InfiniteTimeSpan ? dueTime : new TimeSpan(_now) + dueTime;
            return true;
        }

        public void Dispose() => _due = Timeout.InfiniteTimeSpan;

        public ValueTask DisposeAsync() => default;

        internal void Fire() => _fire();

        internal void Advance(TimeSpan by)
        {
            long end = _now + by.Ticks;
            while (_due != Timeout.InfiniteTimeSpan && _due.Ticks <= end)
            {
                _now = Math.Max(_now, _due.Ticks);
                _due = Timeout.InfiniteTimeSpan;
                _fire();
            }

            _now = end;
        }
    }
}
