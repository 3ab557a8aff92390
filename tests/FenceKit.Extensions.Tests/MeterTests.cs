// SPDX-License-Identifier: MIT
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace FenceKit.Extensions.Tests;

/// <summary>The meter comes from the factory of the container, and measures what the container has made.</summary>
public class MeterTests
{
    private static readonly AddressRange s_page = new(0x1000, 0x2000);

    [Fact]
    public async Task Every_part_is_measured_under_its_name()
    {
        HeldDriver driver = new();
        await using TestApplication application = await TestApplication.StartAsync(
            builder => builder.AddNotifier("pages").AddDeviceQueue("copies", _ => driver, options => options.Dispatch = DeviceDispatch.Inline).AddFencePool("requests", 4));
        InvalidationNotifier notifier = application.Notifier("pages");
        notifier.Subscribe(s_page, SlowSubscriber.Taking(application.Clock, TimeSpan.FromSeconds(1)), "slow");
        Assert.True(notifier.TrySchedule(s_page, InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(DeviceSubmitStatus.Submitted, application.Queue("copies").TrySubmit(1, out _));
        Assert.True(application.Pool("requests").TryRent(out FenceSource source));

        Dictionary<string, long> measured = Measure(application);

        Assert.Equal(1, measured["fencekit.device_queue.submitted fencekit.device_queue=copies"]);
        Assert.Equal(1, measured["fencekit.device_queue.running fencekit.device_queue=copies"]);
        Assert.Equal(0, measured["fencekit.device_queue.lost fencekit.device_queue=copies"]);
        Assert.Equal(1, measured["fencekit.notifier.sessions.open fencekit.notifier=pages"]);
        Assert.Equal(1, measured["fencekit.notifier.slow_subscribers fencekit.notifier=pages"]);
        Assert.Equal(1, measured["fencekit.notifier.subscriptions fencekit.notifier=pages"]);
        Assert.Equal(3, measured["fencekit.pool.available fencekit.pool=requests"]);
        Assert.Equal(4, measured["fencekit.pool.capacity fencekit.pool=requests"]);
        session.Commit();
        source.TrySignal();
        driver.Finish();
    }

    [Fact]
    public async Task The_table_of_instruments_is_complete()
    {
        await using TestApplication application = TestApplication.Build((services, _) => services.AddFenceKit().Services.AddLockdep());
        await application.StartAsync();
        HashSet<string> published = [];
        using MeterListener listener = new() { InstrumentPublished = (instrument, _) => AddIf(instrument) };
        listener.Start();
        IEnumerable<string> documented = File.ReadLines(Repository.PathOf("docs", "extensions.md"))
            .Where(line => line.StartsWith("| `fencekit.", StringComparison.Ordinal) && line.Contains('{'))
            .Select(line => line.Split('`')[1]);
        Assert.Equal(published.Order(), documented.Order());

        void AddIf(Instrument instrument)
        {
            if (ReferenceEquals(instrument.Meter.Scope, application.Services.GetRequiredService<IMeterFactory>()))
            {
                published.Add(instrument.Name);
            }
        }
    }

    private static Dictionary<string, long> Measure(TestApplication application)
    {
        IMeterFactory factory = application.Services.GetRequiredService<IMeterFactory>();
        Dictionary<string, long> measured = [];
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Meter.Name == "FenceKit.Extensions" && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                own.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            measured[$"{instrument.Name} {string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))}"] = value);
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => measured[instrument.Name] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return measured;
    }
}
