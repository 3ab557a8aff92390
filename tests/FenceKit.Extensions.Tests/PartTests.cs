// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;
using Microsoft.Extensions.DependencyInjection;

namespace FenceKit.Extensions.Tests;

/// <summary>Notifiers, device queues and pools as keyed services.</summary>
public class PartTests
{
    private static readonly AddressRange s_page = new(0x1000, 0x2000);

    [Fact]
    public async Task Each_part_is_a_singleton_under_its_name()
    {
        await using TestApplication application = await TestApplication.StartAsync(
            builder => builder.AddNotifier("a").AddNotifier("b").AddDeviceQueue("q", _ => new HeldDriver()).AddFencePool("p", 3));

        Assert.Same(application.Notifier("a"), application.Notifier("a"));
        Assert.NotSame(application.Notifier("a"), application.Notifier("b"));
        Assert.Equal(("a", "q", "p", 3), (application.Notifier("a").Name, application.Queue("q").Name, application.Pool("p").Name, application.Pool("p").Capacity));
    }

    [Fact]
    public async Task A_name_that_is_there_already_is_left_as_it_is()
    {
        using InvalidationNotifier own = new("own");
        await using TestApplication application = TestApplication.Build((services, _) =>
        {
            services.AddKeyedSingleton("pages", own);
            services.AddFenceKit().AddNotifier("pages");
        });
        Assert.Same(own, application.Notifier("pages"));
    }

    [Fact]
    public async Task Nothing_is_made_before_somebody_asks_for_it()
    {
        bool made = false;
        await using TestApplication application = await TestApplication.StartAsync(builder => builder.AddDeviceQueue("q", _ =>
        {
            made = true;
            return new HeldDriver();
        }));

        Assert.False(made);
        application.Queue("q");
        Assert.True(made);
    }

    [Fact]
    public async Task The_clock_is_that_of_the_container()
    {
        await using TestApplication application = await TestApplication.StartAsync(
            builder => builder.AddNotifier("pages").AddFencePool("requests", 1, TimeSpan.FromSeconds(5)));
        application.Notifier("pages").Subscribe(s_page, SlowSubscriber.Taking(application.Clock, TimeSpan.FromSeconds(1)), "slow");
        Invalidate(application.Notifier("pages"));
        Assert.Equal(1, application.Notifier("pages").GetStatistics().SlowSubscribers);

        Assert.True(application.Pool("requests").TryRent(out FenceSource source));
        application.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(FenceStatus.Faulted, source.Fence.Status);
    }

    [Fact]
    public async Task Options_reach_the_parts()
    {
        await using TestApplication application = await TestApplication.StartAsync(
            builder => builder.AddNotifier("pages").AddNotifier("others").AddDeviceQueue("q", _ => new HeldDriver()),
            ("FenceKit:SlowSubscriberThreshold", "Infinite"),
            ("FenceKit:Notifiers:pages:SlowSubscriberThreshold", "00:00:00"),
            ("FenceKit:DeviceQueues:q:Capacity", "1"),
            ("FenceKit:DeviceQueues:q:Depth", "1"),
            ("FenceKit:DeviceQueues:q:Dispatch", "Inline"));
        foreach (string name in (string[])["pages", "others"])
        {
            application.Notifier(name).Subscribe(s_page, SlowSubscriber.Taking(application.Clock, TimeSpan.FromSeconds(1)), "slow");
            Invalidate(application.Notifier(name));
        }

        Assert.Equal((1, 0), (application.Notifier("pages").GetStatistics().SlowSubscribers, application.Notifier("others").GetStatistics().SlowSubscribers));
        DeviceSubmitStatus[] submitted = [.. Enumerable.Range(0, 3).Select(command => application.Queue("q").TrySubmit(command, out _))];
        Assert.Equal([DeviceSubmitStatus.Submitted, DeviceSubmitStatus.Submitted, DeviceSubmitStatus.Full], submitted);
        await LetFinishAsync(application);
    }

    [Fact]
    public void A_validator_that_is_registered_takes_the_place_of_the_default()
    {
        LockValidator own = new();
        ServiceProvider services = new ServiceCollection().AddSingleton(own).AddLockdep().BuildServiceProvider();
        Assert.Same(own, services.GetRequiredService<LockValidator>());
    }

    [Fact]
    public void Bad_arguments_are_told_at_once()
    {
        IFenceKitBuilder builder = new ServiceCollection().AddFenceKit();
        Assert.Throws<ArgumentException>(() => builder.AddNotifier(""));
        Assert.Throws<ArgumentNullException>(() => builder.AddDeviceQueue<int>("q", null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.AddFencePool("p", 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.AddFencePool("p", 1, TimeSpan.Zero));
        Assert.Throws<ArgumentNullException>(() => ((IServiceCollection)null!).AddFenceKit());
        Assert.Throws<ArgumentNullException>(() => ((IServiceCollection)null!).AddLockdep());
    }

    private static async Task LetFinishAsync(TestApplication application)
    {
        application.Queue("q").Lose(new NotSupportedException("the test is over"));
        await application.StopAsync();
    }

    private static void Invalidate(InvalidationNotifier notifier)
    {
        Assert.True(notifier.TrySchedule(s_page, InvalidationReason.Unmap, out InvalidationSession session));
        session.Commit();
    }
}
