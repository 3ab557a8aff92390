// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using FenceKit.Diagnostics;

namespace FenceKit.Tests.Diagnostics;

/// <summary>The EventSource "FenceKit": what is told, and under which keyword.</summary>
public class EventTests
{
    [Fact]
    public void The_life_of_a_timeline_and_its_faults_are_told()
    {
        using Listener listener = new(EventLevel.Informational, FenceKitEventSource.Keywords.Lifetime | FenceKitEventSource.Keywords.Faults);
        FenceTimeline timeline = new("told");
        timeline.Issue(3);
        timeline.Signal(1, new InvalidOperationException("first"));
        timeline.Dispose();

        Assert.Equal(["TimelineCreated", "PointsFaulted", "TimelineDisposed", "Abandoned", "PointsFaulted"], listener.Of("told").Select(one => one.Name));
        Assert.Equal("1..1 first", string.Join(' ', listener.Of("told")[1].Payload[1..]));
        Assert.Equal("1 3", string.Join(' ', listener.Of("told")[2].Payload[1..]));
    }

    [Fact]
    public void A_thread_that_sleeps_for_a_fence_is_told_from_start_to_stop()
    {
        using Listener listener = new(EventLevel.Verbose, FenceKitEventSource.Keywords.Waits);
        FenceTimeline timeline = new("slept-for");
        Fence fence = timeline.Issue();
        Assert.Equal(FenceStatus.Pending, fence.Wait(TimeSpan.FromTicks(1)));
        TestThread thread = TestThread.Start(() => fence.Wait(Limit.Time));
        thread.UntilBlocked();
        timeline.Signal(fence);
        thread.Join();
        Assert.Equal(["WaitStart", "WaitStop", "WaitStart", "WaitStop"], listener.Of("slept-for").Select(one => one.Name));
        Assert.Equal(["Pending", "Signaled"], listener.Of("slept-for").Where(one => one.Name == "WaitStop").Select(one => one.Payload[2]));
    }

    [Fact]
    public void Pressure_back_offs_and_drivers_that_are_asked_are_told()
    {
        using Listener listener = new(
            EventLevel.Verbose,
            FenceKitEventSource.Keywords.Pressure | FenceKitEventSource.Keywords.Locks | FenceKitEventSource.Keywords.Drivers);
        using FencePool pool = new("told-pool", 1);
        pool.TryRent(out FenceSource only);
        pool.TryRent(out _);
        GC.KeepAlive(only);
        FenceTimeline lazy = new("told-driver", new FenceTimelineOptions { EnableSignaling = _ => true });
        lazy.Issue().TryAddCallback(new RecordingCallback());
        WoundWaitClass lockClass = new("told-locks", WoundWaitPolicy.WaitDie);
        WoundWaitLock[] locks = [new(lockClass), new(lockClass)];
        WoundWaitContext old = new(lockClass);
        WoundWaitContext young = new(lockClass);
        locks[0].Lock(old);
        TestThread.Run(() =>
        {
            locks[1].Lock(young);
            locks[0].Lock(young);
            locks[1].Unlock(young);
        });
        locks[0].Unlock(old);

        Assert.Equal(["PoolFull"], listener.Of("told-pool").Select(one => one.Name));
        Assert.Equal(["DriverArmed"], listener.Of("told-driver").Select(one => one.Name));
        Assert.Equal(["BackedOff"], listener.Of("told-locks").Select(one => one.Name));
    }

    [Fact]
    public void Without_keywords_only_what_would_be_lost_otherwise_is_told()
    {
        using Listener listener = new(EventLevel.Error, EventKeywords.None);
        FenceTimeline timeline = new("quiet");
        timeline.Issue();
        timeline.Signal(1, new InvalidOperationException());
        timeline.Issue();
        timeline.Dispose();
        Assert.Equal(["Abandoned"], listener.Of("quiet").Select(one => one.Name));
    }

    [Fact]
    public void The_source_describes_itself_without_an_error()
    {
        string? manifest = EventSource.GenerateManifest(typeof(FenceKitEventSource), null, EventManifestOptions.Strict | EventManifestOptions.AllCultures);
        Assert.Contains("TimelineCreated", manifest, StringComparison.Ordinal);
    }

    private sealed class Listener : EventListener
    {
        private readonly ConcurrentQueue<(string Name, string[] Payload)> _events = new();

        internal Listener(EventLevel level, EventKeywords keywords) => EnableEvents(FenceKitEventSource.Log, level, keywords);

        /// <summary>What was told about one name; other tests are told about, too.</summary>
        internal List<(string Name, string[] Payload)> Of(string name) => [.. _events.Where(one => one.Payload.Length > 0 && one.Payload[0] == name)];

        protected override void OnEventWritten(EventWrittenEventArgs eventData) =>
            _events.Enqueue((eventData.EventName!, [.. eventData.Payload!.Select(value => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!)]));
    }
}
