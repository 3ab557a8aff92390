// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

public class SimulatedDeviceTests
{
    private static readonly TimeSpan s_millisecond = TimeSpan.FromMilliseconds(1);
    private readonly ManualTimeProvider _clock = new();
    private readonly List<int> _executed = [];

    private (SimulatedDevice<int> Device, DeviceQueue<int> Queue) Make(Func<int, SimulatedOutcome>? script = null, bool canReset = true)
    {
        SimulatedDevice<int> device = new(_clock, script) { Execute = _executed.Add, CanReset = canReset };
        return (device, new DeviceQueue<int>("simulated", device, HandDriver.Options(_clock)));
    }

    [Fact]
    public void Latencies_pass_on_the_clock_and_commands_overtake_each_other()
    {
        (_, DeviceQueue<int> queue) = Make(command => SimulatedOutcome.After(command * s_millisecond));
        queue.TrySubmit(5, out Fence slow);
        queue.TrySubmit(2, out Fence quick);

        _clock.Advance(2 * s_millisecond);
        Assert.Equal([2], _executed);
        Assert.False(quick.IsSignaled);
        _clock.Advance(3 * s_millisecond);

        Assert.Equal([2, 5], _executed);
        Assert.True(slow.IsSignaled);
        Assert.True(quick.IsSignaled);
    }

    [Fact]
    public void What_a_command_throws_is_its_fault_and_the_next_one_runs()
    {
        IOException error = new("no such page");
        SimulatedDevice<int> device = new(_clock, static _ => SimulatedOutcome.After(s_millisecond))
        {
            Execute = command =>
            {
                if (command == 1)
                {
                    throw error;
                }

                _executed.Add(command);
            },
        };
        DeviceQueue<int> queue = new("simulated", device, HandDriver.Options(_clock));
        queue.TrySubmit(1, out Fence broken);
        queue.TrySubmit(2, out Fence whole);

        _clock.Advance(s_millisecond);

        Assert.Same(error, broken.Error);
        Assert.Equal(FenceStatus.Signaled, whole.Status);
        Assert.Equal([2], _executed);
        Assert.Null(queue.LostReason);
    }

    [Fact]
    public void A_clock_whose_timer_fires_inside_its_own_setting_finds_the_device_free_for_others()
    {
        EagerClock clock = new();
        int started = -1;
        SimulatedDevice<int>? device = null;
        device = new SimulatedDevice<int>(clock, static _ => SimulatedOutcome.After(s_millisecond));
        DeviceQueue<int> queue = new("simulated", device, new DeviceQueueOptions { TimeProvider = clock, Dispatch = DeviceDispatch.Inline, Depth = 2 });
        queue.TrySubmit(1, out Fence first);
        RecordingCallback asks = new(() => TestThread.Run(() => started = (int)device.Started)); // on another thread: this one might be in
        Assert.True(first.TryAddCallback(asks));

        clock.IsOver = true; // from now on the timer fires as it is set
        queue.TrySubmit(2, out Fence second);

        Assert.Equal(2, started);
        Assert.True(first.IsSignaled && second.IsSignaled);
    }

    [Fact]
    public void The_same_script_gives_the_same_run()
    {
        string[] runs = [Run(), Run(), Run()];
        Assert.Equal(runs[0], runs[1]);
        Assert.Equal(runs[0], runs[2]);

        static string Run()
        {
            ManualTimeProvider clock = new();
            List<string> log = [];
            SimulatedDevice<int> device = new(clock, command => SimulatedOutcome.After(command * 7 % 5 * s_millisecond))
            {
                Execute = command => log.Add($"{command}@{clock.GetTimestamp()}"),
            };
            DeviceQueue<int> queue = new("simulated", device, HandDriver.Options(clock, depth: 3));
            DeviceQueueTests.Submit(queue, 50);
            clock.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(50, log.Count);
            return string.Join(' ', log);
        }
    }

    [Fact]
    public void Errors_and_hangs_come_as_scripted()
    {
        (SimulatedDevice<int> device, DeviceQueue<int> queue) = Make();
        NotSupportedException error = new();
        device.Enqueue(SimulatedOutcome.Fail(error));
        device.Enqueue(SimulatedOutcome.Hang);
        Fence[] fences = DeviceQueueTests.Submit(queue, 3);

        Assert.Same(error, fences[0].Error);
        Assert.False(fences[1].IsSignaled);
        Assert.Equal([2], _executed);
        Assert.Equal(1, device.ReleaseHung());

        Assert.Equal(FenceStatus.Signaled, fences[2].Status);
        Assert.Equal([2, 1], _executed);
    }

    [Fact]
    public void A_hang_is_reset_by_the_watchdog_and_what_was_stopped_touches_nothing_afterwards()
    {
        (SimulatedDevice<int> device, DeviceQueue<int> queue) = Make();
        device.Enqueue(SimulatedOutcome.Hang);
        queue.TrySubmit(1, out Fence hung);

        _clock.Advance(TimeSpan.FromSeconds(20));

        Assert.IsType<DeviceResetException>(hung.Error);
        Assert.Equal(1, device.Resets);
        Assert.Equal(0, device.ReleaseHung());
        Assert.Empty(_executed);
        queue.TrySubmit(2, out Fence next);
        Assert.Equal(FenceStatus.Signaled, next.Status);
    }

    [Fact]
    public void A_device_beyond_a_reset_is_lost()
    {
        (SimulatedDevice<int> device, DeviceQueue<int> queue) = Make(canReset: false);
        device.Enqueue(SimulatedOutcome.Hang);
        queue.TrySubmit(1, out Fence hung);
        _clock.Advance(TimeSpan.FromSeconds(20));
        Assert.IsType<DeviceLostException>(hung.Error);
    }

    [Fact]
    public void A_crash_loses_the_device()
    {
        (SimulatedDevice<int> device, DeviceQueue<int> queue) = Make(_ => SimulatedOutcome.After(s_millisecond));
        queue.TrySubmit(1, out Fence running);
        device.Enqueue(SimulatedOutcome.Crash(new NotSupportedException()));
        queue.TrySubmit(2, out Fence crashed);

        _clock.Advance(s_millisecond);

        Assert.IsType<DeviceLostException>(running.Error);
        Assert.IsType<DeviceLostException>(crashed.Error);
        Assert.Empty(_executed);
    }

    [Fact]
    public void A_running_command_is_canceled_unless_the_device_cannot()
    {
        (SimulatedDevice<int> device, DeviceQueue<int> queue) = Make(_ => SimulatedOutcome.Hang);
        queue.TrySubmit(1, out Fence canceled);
        Assert.Equal(DeviceCancelResult.Requested, queue.TryCancel(canceled));
        Assert.IsType<OperationCanceledException>(canceled.Error);
        Assert.Equal(1, device.Cancels);

        SimulatedDevice<int> deaf = new(_clock, _ => SimulatedOutcome.Hang) { HonorsCancel = false };
        DeviceQueue<int> other = new("deaf", deaf, HandDriver.Options(_clock));
        other.TrySubmit(1, out Fence running);
        other.TryCancel(running);
        Assert.False(running.IsSignaled);
    }

    /// <summary>Its timers fire inside Change, once the time is over.</summary>
    private sealed class EagerClock : TimeProvider
    {
        private long _now;

        internal bool IsOver { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => IsOver ? _now += TimeSpan.TicksPerSecond : _now; // whatever is set is over at the next look

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new EagerTimer(this, callback, state);

        private sealed class EagerTimer(EagerClock clock, TimerCallback callback, object? state) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                if (clock.IsOver && dueTime != Timeout.InfiniteTimeSpan)
                {
                    callback(state);
                }

                return true;
            }

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
