// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>What a driver is asked and told: arming on the first waiter, polling, deadlines.</summary>
public class DriverHookTests
{
    private readonly List<ulong> _armed = [];

    [Fact]
    public void The_driver_is_asked_once_for_each_point_that_is_waited_for_and_not_for_looks()
    {
        Device device = new(_armed.Add);
        device.Issue(5);
        _ = device.GetFence(1).IsSignaled | device.GetFence(1).Status == FenceStatus.Signaled;
        Assert.Empty(_armed);

        Add(device, 2);
        Add(device, 2);
        Add(device, 1); // wanted already: point 2 completes it
        Add(device, 4);

        Assert.Equal([2UL, 4UL], _armed);
    }

    [Fact]
    public void A_driver_that_says_complete_signals_at_once_and_the_waiter_is_refused()
    {
        FenceTimeline timeline = new("device", new FenceTimelineOptions { EnableSignaling = _ => false });
        Fence fence = timeline.Issue();
        RecordingCallback callback = new();
        Assert.False(fence.TryAddCallback(callback));
        Assert.True(fence.IsSignaled);
        Assert.Equal(0, callback.Calls);
        Assert.Equal(FenceStatus.Signaled, timeline.Issue().Wait());
    }

    [Fact]
    public void A_driver_may_signal_from_inside_the_question()
    {
        Device device = null!;
        device = new Device(point => device.Signal(point));
        Assert.False(device.Issue().TryAddCallback(new RecordingCallback()));
        Assert.Equal(FenceStatus.Signaled, Fence.WaitAny([device.Issue()], Limit.Time).Status);
    }

    [Fact]
    public void A_driver_that_throws_faults_the_point_instead_of_leaving_its_waiters_alone()
    {
        InvalidOperationException error = new("no interrupt");
        Device device = new(_ => throw error);
        Fence fence = device.Issue();
        Assert.Equal(FenceStatus.Faulted, fence.Wait(Limit.Time));
        Assert.Same(error, fence.Error);
    }

    [Fact]
    public void A_poll_signals_what_the_hardware_has_reached_and_nothing_that_was_never_issued()
    {
        ulong hardware = 0;
        FenceTimeline timeline = new("device", new FenceTimelineOptions { Poll = () => hardware });
        timeline.Issue(3);
        RecordingCallback callback = new();
        Assert.True(timeline.GetFence(2).TryAddCallback(callback));

        Assert.False(timeline.TryPoll());
        hardware = 1;
        Assert.False(timeline.GetFence(2).TryPoll());
        Assert.Equal((1UL, 0), (timeline.Completed, callback.Calls));
        hardware = 1000;
        Assert.True(timeline.GetFence(2).TryPoll());
        Assert.Equal((3UL, 1), (timeline.Completed, callback.Calls));
        Assert.False(timeline.TryPoll());
        Assert.False(new FenceTimeline("plain").TryPoll());
    }

    [Fact]
    public void Of_deadlines_the_soonest_wins_until_its_point_is_complete()
    {
        ManualTimeProvider clock = new();
        List<(ulong, long)> asked = [];
        FenceTimeline timeline = new("device", new FenceTimelineOptions { TimeProvider = clock, DeadlineChanged = (p, t) => asked.Add((p, t)) });
        Fence first = timeline.Issue();
        Fence second = timeline.Issue();
        Assert.False(timeline.TryGetDeadline(out _));

        second.SetDeadline(Seconds(5));
        first.SetDeadline(Seconds(7)); // later: nobody needs to hear of it
        first.SetDeadline(Seconds(3));
        Assert.Equal([(2UL, Seconds(5).Ticks), (1UL, Seconds(3).Ticks)], asked);
        Assert.True(timeline.TryGetDeadline(out long soonest));
        Assert.Equal(Seconds(3).Ticks, soonest);

        timeline.Signal(first);
        Assert.False(timeline.TryGetDeadline(out _));
        first.SetDeadline(Seconds(1)); // complete: ignored
        default(Fence).SetDeadline(Seconds(1));
        second.SetDeadline(Seconds(9));
        Assert.True(timeline.TryGetDeadline(out soonest));
        Assert.Equal(Seconds(9).Ticks, soonest);
        Assert.Equal(3, asked.Count);
    }

    [Fact]
    public void A_dump_says_who_waits_for_which_point_and_who_issued_it()
    {
        FenceTimeline timeline = new("ring", new FenceTimelineOptions { TrackedIssuers = 4 });
        Assert.Contains("nothing pending", timeline.DumpPending(), StringComparison.Ordinal);
        timeline.Issue();
        Fence second = timeline.Issue();
        Assert.True(second.TryAddCallback(new RecordingCallback()));

        string dump = timeline.DumpPending();

        Assert.Contains("'ring': points 1..2 pending", dump, StringComparison.Ordinal);
        Assert.Contains("2 is waited for by callback RecordingCallback", dump, StringComparison.Ordinal);
        Assert.Contains($"1 was issued by {typeof(DriverHookTests).FullName}.{nameof(A_dump_says_who_waits_for_which_point_and_who_issued_it)}", dump, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dump_names_threads_methods_that_await_and_arrays()
    {
        FenceTimeline timeline = new("ring");
        Fence[] fences = [timeline.Issue(), timeline.Issue(), timeline.Issue()];
        TestThread thread = TestThread.Start(() =>
        {
            Thread.CurrentThread.Name = "sleeper";
            fences[0].Wait(Limit.Time);
        });
        Task waits = AwaitAsync(fences[1]);
        using FenceArray array = new("both", 2);
        Assert.True(array.TryArmAny([fences[2], fences[2]], out Fence any));
        Assert.True(any.TryAddCallback(new RecordingCallback()));
        Limit.Until(() => timeline.DumpPending().Contains("'sleeper'", StringComparison.Ordinal), "The thread waiting");

        string[] lines = timeline.DumpPending().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("Fence timeline 'ring': points 1..3 pending", lines[0]);
        Assert.Matches("^1 is waited for by thread [0-9]+ 'sleeper'$", lines[1]);
        Assert.Equal($"2 is waited for by await in {nameof(DriverHookTests)}.{nameof(AwaitAsync)}", lines[2]);
        Assert.StartsWith("3 is waited for by both:1", lines[3], StringComparison.Ordinal);
        timeline.Signal(3);
        thread.Join();
        Limit.On(waits);
    }

    private static async Task AwaitAsync(Fence fence) => await fence;

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    private static void Add(FenceTimeline timeline, ulong point) => Assert.True(timeline.GetFence(point).TryAddCallback(new RecordingCallback()));

    private sealed class Device(Action<ulong> arm) : FenceTimeline("device")
    {
        protected override bool OnEnableSignaling(ulong point)
        {
            arm(point);
            return true;
        }
    }
}
