// SPDX-License-Identifier: MIT
using System.Reflection;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FenceKit.Extensions.Tests;

/// <summary>What would otherwise be lost without a sound is in the log: under which category, with which id, with which fields.</summary>
[Collection(AloneCollection.Name)]
public class LogTests
{
    private static readonly AddressRange s_page = new(0x1000, 0x2000);

    [Fact]
    public async Task A_slow_subscriber_is_logged_with_its_name_its_range_and_the_stack_of_its_caller()
    {
        await using TestApplication application = await StartAsync("log slow");
        InvalidationNotifier notifier = application.Notifier("log slow");
        notifier.Subscribe(s_page, SlowSubscriber.Taking(application.Clock, TimeSpan.FromSeconds(2)), "slow nic");
        Invalidate(notifier);

        LogEntry entry = application.Log.Await(5, "slow nic");
        Assert.Equal(("FenceKit.InvalidationNotifier", LogLevel.Warning, "SlowSubscriber"), (entry.Category, entry.Level, entry.Id.Name));
        Assert.Equal(("slow nic", s_page.ToString(), "2000"), (entry.Fields["Subscription"], entry.Fields["Range"], entry.Fields["Milliseconds"]));
        Assert.Contains(nameof(Invalidate), (string)entry.Fields["Stack"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_subscriber_that_throws_is_logged()
    {
        await using TestApplication application = await StartAsync("log throw");
        InvalidationNotifier notifier = application.Notifier("log throw");
        notifier.Subscribe(s_page, new StubSubscriber { Then = _ => throw new NotSupportedException("torn off") }, "broken nic");
        Assert.True(notifier.TrySchedule(s_page, InvalidationReason.Unmap, out InvalidationSession session));
        session.BackOff();

        LogEntry entry = application.Log.Await(2, "broken nic");
        Assert.Equal(("FenceKit.InvalidationNotifier", LogLevel.Error), (entry.Category, entry.Level));
        Assert.Contains("torn off", (string)entry.Fields["Error"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Memory_that_the_shutdown_leaves_behind_is_logged_before_the_host_has_stopped()
    {
        TestApplication application = await StartAsync("log quarantine", ("FenceKit:ReleaseTimeout", "00:00:00"));
        FenceTimeline device = new("log quarantine device");
        application.Notifier("log quarantine").Subscribe(s_page, new StubSubscriber { Fence = device.Issue() }, "stuck gpu");
        await application.StopAsync();

        LogEntry entry = Assert.Single(application.Log.Entries, entry => entry.Id.Id == 4 && (string)entry.Fields["Notifier"]! == "log quarantine");
        Assert.Equal(("FenceKit.InvalidationNotifier", LogLevel.Error), (entry.Category, entry.Level));
        Assert.Equal(("stuck gpu", s_page.ToString()), (entry.Fields["Subscription"], entry.Fields["Range"]));
    }

    [Fact]
    public async Task A_session_that_everybody_forgot_is_logged_with_its_place()
    {
        await using TestApplication application = await StartAsync("log forgotten");
        Forget(application.Notifier("log forgotten"));
        Limit.Until(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return application.Notifier("log forgotten").GetStatistics().Forgotten == 1;
            },
            "The session being found");

        LogEntry entry = application.Log.Await(40, "log forgotten");
        Assert.Equal(("FenceKit.InvalidationNotifier", LogLevel.Error), (entry.Category, entry.Level));
        Assert.Contains("LogTests.cs:", (string)entry.Fields["Place"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fence_that_faults_is_logged_with_its_point_and_its_error()
    {
        await using TestApplication application = await StartAsync("unused");
        using FenceTimeline timeline = new("log faulting timeline");
        timeline.Signal(timeline.Issue(), new NotSupportedException("no such page"));

        LogEntry entry = application.Log.Await(15, "log faulting timeline");
        Assert.Equal(("FenceKit.FenceTimeline", LogLevel.Warning), (entry.Category, entry.Level));
        Assert.Equal(("1..1", "no such page"), (entry.Fields["Points"], entry.Fields["Error"]));
    }

    [Fact]
    public async Task Faults_can_be_left_out_and_nothing_else_with_them()
    {
        await using TestApplication application = await StartAsync("unused", ("FenceKit:LogFaults", "false"));
        using FenceTimeline timeline = new("log quiet timeline");
        timeline.Signal(timeline.Issue(), new NotSupportedException("not told"));
        Fence second = timeline.Issue();
        Assert.True(second.TryAddCallback(new ThrowingCallback()));
        timeline.Signal(second);

        application.Log.Await(1, "log quiet timeline");
        Assert.DoesNotContain(application.Log.Entries, entry => entry.Text.Contains("not told", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_device_that_is_lost_is_logged()
    {
        await using TestApplication application = await TestApplication.StartAsync(builder => builder.AddDeviceQueue("log lost queue", _ => new HeldDriver()));
        application.Queue("log lost queue").Lose(new NotSupportedException("unplugged"));

        LogEntry entry = application.Log.Await(24, "log lost queue");
        Assert.Equal(("FenceKit.DeviceQueue", LogLevel.Error), (entry.Category, entry.Level));
        Assert.Contains("unplugged", (string)entry.Fields["Reason"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_logger_that_blocks_holds_up_nobody_who_signals()
    {
        await using TestApplication application = await StartAsync("unused");
        using ManualResetEventSlim isOpen = new();
        application.Log.Then = entry =>
        {
            if (entry.Text.Contains("log blocked timeline", StringComparison.Ordinal))
            {
                Limit.On(isOpen);
            }
        };
        using FenceTimeline timeline = new("log blocked timeline");
        TestThread.Run(() => timeline.Signal(timeline.Issue(), new NotSupportedException("late")));
        isOpen.Set();
        application.Log.Await(15, "log blocked timeline");
    }

    [Fact]
    public async Task A_logger_that_throws_ends_nothing()
    {
        await using TestApplication application = await StartAsync("unused");
        application.Log.Then = entry =>
        {
            if (entry.Text.Contains("log bad timeline", StringComparison.Ordinal))
            {
                throw new NotSupportedException("The disk is full.");
            }
        };
        using FenceTimeline bad = new("log bad timeline");
        bad.Signal(bad.Issue(), new NotSupportedException("lost"));
        using FenceTimeline good = new("log good timeline");
        good.Signal(good.Issue(), new NotSupportedException("kept"));
        application.Log.Await(15, "log good timeline");
    }

    [Fact]
    public async Task More_than_there_is_room_for_is_dropped_and_counted()
    {
        const int Many = 3000;
        await using TestApplication application = await StartAsync("unused");
        using ManualResetEventSlim isOpen = new();
        application.Log.Then = entry =>
        {
            if (entry.Text.Contains("log flood timeline", StringComparison.Ordinal))
            {
                Limit.On(isOpen);
            }
        };
        using FenceTimeline timeline = new("log flood timeline");
        for (int i = 0; i < Many; i++)
        {
            timeline.Signal(timeline.Issue(), new NotSupportedException("again"));
        }

        isOpen.Set();
        Limit.Until(() => application.Log.Entries.Any(entry => entry.Id.Id == 101), "The message about dropped messages");
        LogEntry dropped = application.Log.Entries.First(entry => entry.Id.Id == 101);
        Assert.InRange((long)dropped.Fields["Dropped"]!, 1, Many);
    }

    [Fact]
    public async Task After_the_end_of_the_host_nothing_is_logged()
    {
        TestApplication application = await StartAsync("unused");
        await application.StopAsync();
        using FenceTimeline timeline = new("log late timeline");
        timeline.Signal(timeline.Issue(), new NotSupportedException("too late"));
        await application.DisposeAsync();
        Assert.DoesNotContain(application.Log.Entries, entry => entry.Text.Contains("log late timeline", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_event_that_somebody_should_hear_of_has_a_message()
    {
        HashSet<int> logged = [.. MessageIds().Keys];
        Type source = typeof(FenceTimeline).Assembly.GetType("FenceKit.Diagnostics.FenceKitEventSource", throwOnError: true)!;
        int[] told = [.. source.GetMethods(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)
            .Select(method => method.GetCustomAttribute<System.Diagnostics.Tracing.EventAttribute>())
            .Where(attribute => attribute is { Level: <= System.Diagnostics.Tracing.EventLevel.Warning })
            .Select(attribute => attribute!.EventId)];
        Assert.NotEmpty(told);
        Assert.Empty(told.Except(logged));
    }

    [Fact]
    public void The_table_of_event_ids_is_that_of_the_messages()
    {
        string[] rows = [.. File.ReadLines(Repository.PathOf("docs", "extensions.md"))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells.Length > 4 && int.TryParse(cells[1], out _))
            .Select(cells => $"{cells[1]} {cells[2]}")];
        string[] messages = [.. MessageIds().OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}")];
        Assert.Equal(messages, rows);
    }

    internal static Dictionary<int, string> MessageIds() => typeof(Messages).GetMethods(BindingFlags.Static | BindingFlags.NonPublic)
        .Select(method => (Attribute: method.GetCustomAttribute<LoggerMessageAttribute>(), method.Name))
        .Where(message => message.Attribute is not null)
        .ToDictionary(message => message.Attribute!.EventId, message => message.Name);

    private static Task<TestApplication> StartAsync(string notifier, params (string Key, string? Value)[] settings) =>
        TestApplication.StartAsync(builder => builder.AddNotifier(notifier), settings);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Invalidate(InvalidationNotifier notifier)
    {
        Assert.True(notifier.TrySchedule(s_page, InvalidationReason.Unmap, out InvalidationSession session));
        session.Commit();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(InvalidationNotifier notifier) =>
        TestThread.Run(() => Assert.True(notifier.TrySchedule(s_page, InvalidationReason.Unmap, out _)));

    private sealed class ThrowingCallback : FenceCallback
    {
        protected override void OnSignaled(FenceStatus status, Exception? fault) => throw new NotSupportedException("The callback throws.");
    }
}
