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
}
