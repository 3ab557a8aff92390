// SPDX-License-Identifier: MIT
using System.Diagnostics.Metrics;
using FenceKit.Lockdep;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FenceKit.Extensions.Tests;

/// <summary>Findings of the lock validator in the log and the meter of an application. Each test has a validator of its own.</summary>
public sealed class LockdepTests : IDisposable
{
    private readonly LockClass _orders = LockClass.Create("Orders");
    private readonly LockClass _stock = LockClass.Create("Stock");
    private readonly LockValidator _validator = new(new LockValidatorOptions { Sinks = [LockViolationSink.ToCallback(_ => { })] });
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"findings-{Guid.NewGuid():N}.txt");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task A_finding_is_logged_at_once_with_its_report()
    {
        await using TestApplication application = await StartAsync();
        Invert();

        LogEntry entry = Assert.Single(application.Log.Entries, entry => entry.Id.Id == 200);
        Assert.Equal(("FenceKit.Lockdep.LockValidator", "LockViolationFound"), (entry.Category, entry.Id.Name));
        Assert.Equal(LockViolationKind.CircularDependency, entry.Fields["Kind"]);
        Assert.Contains("Orders", (string)entry.Fields["Classes"]!, StringComparison.Ordinal);
        Assert.Equal(Assert.Single(_validator.Violations).ToString(), entry.Fields["Report"]);
        Assert.Equal(LogLevel.Error, entry.Level);
    }

    [Fact]
    public async Task What_was_found_before_the_host_started_is_logged_when_it_starts_once()
    {
        Invert();
        await using TestApplication application = await StartAsync();
        Assert.Single(application.Log.Entries, entry => entry.Id.Id == 200);
    }

    [Fact]
    public void What_is_found_while_the_sink_is_being_installed_is_logged_once_although_it_comes_from_both_sides()
    {
        Invert();
        using RecordingLoggerProvider log = new();
        LogSink sink = new(log.CreateLogger("any"), LockConfidence.Possible);
        sink.Report(_validator.Violations[0]);
        sink.Install(_validator);
        Assert.Single(log.Entries);
    }

    [Fact]
    public async Task After_the_end_of_the_host_the_validator_has_its_own_sinks_again()
    {
        TestApplication application = await StartAsync(options => options.ThrowOnViolation = true);
        await application.StopAsync();
        Invert();
        Assert.Single(_validator.Violations);
        Assert.DoesNotContain(application.Log.Entries, entry => entry.Id.Id == 200);
        await application.DisposeAsync();
    }

    [Fact]
    public async Task Less_sure_findings_can_be_left_out()
    {
        LockMap[] maps = [new(_orders), new(_stock), new(_orders), new(_stock)];
        await using TestApplication application = await StartAsync(options => options.MinimumConfidence = LockConfidence.Certain);
        Take(maps[0], maps[1]);
        Take(maps[3], maps[2]);
        Assert.All(_validator.Violations, violation => Assert.NotEqual(LockConfidence.Certain, violation.Confidence));
        Assert.Single(_validator.Violations);
        Assert.DoesNotContain(application.Log.Entries, entry => entry.Id.Id == 200);
    }

    [Fact]
    public async Task A_finding_that_is_merely_possible_is_a_warning()
    {
        LockMap[] maps = [new(_orders), new(_stock), new(_orders), new(_stock)];
        await using TestApplication application = await StartAsync();
        Take(maps[0], maps[1]);
        Take(maps[3], maps[2]);
        Assert.Equal(LockConfidence.Possible, Assert.Single(_validator.Violations).Confidence);
        Assert.Equal(LogLevel.Warning, Assert.Single(application.Log.Entries, entry => entry.Id.Id == 200).Level);
    }

    [Fact]
    public async Task A_finding_throws_and_goes_to_a_file_if_one_wants_it_to()
    {
        await using TestApplication application = await StartAsync(options =>
        {
            options.ThrowOnViolation = true;
            options.ReportFile = _file;
        });

        Assert.Throws<LockViolationException>(Invert);
        Assert.Contains("Circular lock dependency", await File.ReadAllTextAsync(_file), StringComparison.Ordinal);
        Assert.Single(application.Log.Entries, entry => entry.Id.Id == 200);
    }

    [Fact]
    public async Task Findings_are_counted_by_kind_and_confidence()
    {
        await using TestApplication application = await StartAsync();
        Invert();
        using MeterListener listener = new();
        List<(long Value, string Tags)> seen = [];
        IMeterFactory factory = application.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, factory) && instrument.Name == "fencekit.lockdep.violations")
            {
                own.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => seen.Add((value, string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}")))));
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.Equal((1, "fencekit.lockdep.kind=CircularDependency fencekit.lockdep.confidence=Certain"), Assert.Single(seen));
    }

    private async Task<TestApplication> StartAsync(Action<LockdepOptions>? configure = null)
    {
        TestApplication application = TestApplication.Build((services, _) => services.AddSingleton(_validator).AddLockdep(configure));
        await application.StartAsync();
        return application;
    }

    private void Invert()
    {
        LockMap orders = new(_orders);
        LockMap stock = new(_stock);
        Take(orders, stock);
        Take(stock, orders);
    }

    private void Take(LockMap outer, LockMap inner)
    {
        _validator.Acquire(outer);
        try
        {
            _validator.Acquire(inner);
            _validator.Release(inner);
        }
        finally
        {
            _validator.Release(outer);
        }
    }
}
