// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FenceKit.Remote.Caching.Tests;

/// <summary>In an application: options, start and end, the log, the meters, the health check.</summary>
public class HostingTests
{
    private readonly Origin _origin = new() { Value = 1 };
    private readonly LogList _log = new();

    [Fact]
    public async Task Two_applications_remove_from_each_other_and_leave_when_they_end()
    {
        using InMemoryTransport transport = new();
        using IHost owner = await StartAsync(transport, "owner", isOwner: true);
        using IHost node = await StartAsync(transport, "web-1", isOwner: false);
        HybridCache here = owner.Services.GetRequiredService<HybridCache>(), there = node.Services.GetRequiredService<HybridCache>();
        Assert.IsType<RemoteHybridCache>(here);
        Assert.Same(there, node.Services.GetRequiredService<RemoteHybridCache>());
        Assert.Equal(1, await here.GetOrCreateAsync("a", _origin.ReadAsync));
        _origin.Value = 2;
        await there.RemoveAsync("a");
        Assert.Equal(2, await here.GetOrCreateAsync("a", _origin.ReadAsync));
        RemoteInvalidationOwner domain = owner.Services.GetRequiredService<RemoteDomain>().Owner!;
        Assert.Equal(2, domain.GetStatistics().Nodes);
        await node.StopAsync();
        Limit.Until(() => domain.GetStatistics().Nodes == 1, "hearing that it has left"); // long before the end of its lease
        await owner.StopAsync();
        Assert.Equal([200, 201, 201, 205, 205], _log.Ids.Where(id => id is 200 or 201 or 205).Order());
        Assert.Contains(202, _log.Ids);
    }

    [Fact]
    public async Task The_health_check_says_whether_copies_are_served()
    {
        using InMemoryTransport transport = new();
        using IHost node = await StartAsync(transport, "web-1", isOwner: false, waits: false);
        HealthReportEntry alone = await CheckAsync(node);
        Assert.Equal(HealthStatus.Degraded, alone.Status);
        Assert.Equal(false, alone.Data["leased"]);
        using IHost owner = await StartAsync(transport, "owner", isOwner: true, grace: TimeSpan.FromHours(1));
        Assert.True(await node.Services.GetRequiredService<RemoteDomain>().Node.WaitForLeaseAsync(Limit.Time));
        HealthReportEntry leased = await CheckAsync(node);
        Assert.Equal(HealthStatus.Healthy, leased.Status);
        Assert.InRange((double)leased.Data["lease_left_seconds"], 0.001, 600);
        HealthReportEntry inGrace = await CheckAsync(owner);
        Assert.Equal(HealthStatus.Degraded, inGrace.Status);
        Assert.Contains((string[])inGrace.Data["nodes"], name => name.StartsWith("web-1, incarnation 1", StringComparison.Ordinal));
        await owner.StopAsync();
        await node.StopAsync();
    }

    [Fact]
    public async Task Without_a_lease_for_long_the_check_fails()
    {
        using InMemoryTransport transport = new();
        using IHost node = await StartAsync(transport, "web-1", isOwner: false, waits: false, lease: TimeSpan.FromMilliseconds(100));
        RemoteDomain domain = node.Services.GetRequiredService<RemoteDomain>();
        Limit.Until(() => domain.UnleasedFor > TimeSpan.FromMilliseconds(250), "being without a lease");
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(node)).Status);
        await node.StopAsync();
    }

    [Fact]
    public async Task What_is_not_proven_and_what_is_lost_is_in_the_log_without_keys()
    {
        using InMemoryTransport transport = new();
        TimeSpan lease = TimeSpan.FromSeconds(2); // a node hears of a new owner with its next renewal, after a quarter of it
        using IHost owner = await StartAsync(transport, "owner", isOwner: true, lease: lease);
        using IHost node = await StartAsync(transport, "web-1", isOwner: false);
        await owner.StopAsync();
        RemoteHybridCache cache = node.Services.GetRequiredService<RemoteHybridCache>();
        Assert.False((await cache.InvalidateAsync("secret", TimeSpan.FromMilliseconds(50))).IsCompleted);
        using IHost successor = await StartAsync(transport, "owner", isOwner: true, lease: lease);
        Limit.Until(() => _log.Ids.Contains(203), "telling of the loss");
        Assert.Contains(204, _log.Ids);
        Assert.Contains("owner of shop", string.Join('\n', _log.Texts), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", string.Join('\n', _log.Texts), StringComparison.Ordinal);
        await node.StopAsync();
        await successor.StopAsync();
    }

    [Fact]
    public async Task The_meters_tell_of_reads_removals_nodes_and_leases()
    {
        ConcurrentDictionary<string, double> measured = new();
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "FenceKit.Remote.Caching")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();
        using InMemoryTransport transport = new();
        using IHost owner = await StartAsync(transport, "owner", isOwner: true, domain: "meters");
        HybridCache cache = owner.Services.GetRequiredService<HybridCache>();
        await cache.GetOrCreateAsync("a", _origin.ReadAsync);
        await cache.GetOrCreateAsync("a", _origin.ReadAsync);
        await cache.RemoveAsync("a");
        listener.RecordObservableInstruments();
        Assert.Equal(1, measured["fencekit.remote.cache.reads hit"]);
        Assert.Equal(1, measured["fencekit.remote.cache.reads miss"]);
        Assert.Equal(1, measured["fencekit.remote.cache.removals Completed"]);
        Assert.True(measured["fencekit.remote.cache.removal.duration"] > 0);
        Assert.Equal(1, measured["fencekit.remote.node.leased"]);
        Assert.True(measured["fencekit.remote.node.lease.left"] > 0);
        Assert.Equal(1, measured["fencekit.remote.owner.nodes"]);
        Assert.Equal(1, measured["fencekit.remote.owner.acknowledged"]);
        Assert.Equal(0, measured["fencekit.remote.owner.in_grace"]);
        await owner.StopAsync();

        void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            string outcome = "";
            bool isMine = false;
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                outcome = tag.Key == "fencekit.outcome" ? $" {tag.Value}" : outcome;
                isMine |= tag is { Key: "fencekit.remote.domain", Value: "meters" };
            }

            if (isMine)
            {
                measured.AddOrUpdate(instrument.Name + outcome, value, (_, before) => instrument.IsObservable ? value : before + value);
            }
        }
    }

    [Fact]
    public async Task Options_that_make_no_sense_keep_the_host_from_starting_and_are_told_all_at_once()
    {
        using InMemoryTransport transport = new();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<IInvalidationTransport>(transport.Connect("node"));
        builder.Services.AddFenceKitRemote(options =>
        {
            options.Lease = TimeSpan.FromMilliseconds(1);
            options.ClockDriftBound = 2;
            options.NodeCapacity = 0;
            options.RemoveBudget = TimeSpan.FromHours(1);
            options.NodeName = "a\nb";
        });
        using IHost host = builder.Build();
        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        foreach (string option in (string[])["Domain", "Lease", "ClockDriftBound", "NodeCapacity", "RemoveBudget", "NodeName"])
        {
            Assert.Contains(refused.Failures, failure => failure.Contains(option, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Options_come_from_the_configuration()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["FenceKit:Remote:Domain"] = "shop",
            ["FenceKit:Remote:NodeName"] = "web-3",
            ["FenceKit:Remote:IsOwner"] = "true",
            ["FenceKit:Remote:Lease"] = "00:00:05",
            ["FenceKit:Remote:Grace"] = "00:00:07",
            ["FenceKit:Remote:ClockDriftBound"] = "0.02",
            ["FenceKit:Remote:Clock"] = "Monotonic",
            ["FenceKit:Remote:RejoinJitter"] = "00:00:01",
            ["FenceKit:Remote:NodeCapacity"] = "7",
            ["FenceKit:Remote:SessionCapacity"] = "8",
            ["FenceKit:Remote:RemoveBudget"] = "00:00:09",
            ["FenceKit:Remote:Expiration"] = "00:10:00",
            ["FenceKit:Remote:MaximumEntries"] = "1000",
        }).Build();
        ServiceCollection services = new();
        services.AddFenceKitRemote(configuration.GetSection("FenceKit:Remote"), options => options.NodeCapacity = 9);
        using ServiceProvider provider = services.BuildServiceProvider();
        FenceKitRemoteOptions read = provider.GetRequiredService<IOptions<FenceKitRemoteOptions>>().Value;
        Assert.Equal(("shop", "web-3", true), (read.Domain, read.NodeName, read.IsOwner));
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(7), 0.02), (read.Lease, read.Grace, read.ClockDriftBound));
        Assert.Equal((LeaseClock.Monotonic, TimeSpan.FromSeconds(1), 9, 8), (read.Clock, read.RejoinJitter, read.NodeCapacity, read.SessionCapacity));
        Assert.Equal((TimeSpan.FromSeconds(9), TimeSpan.FromMinutes(10), 1000), (read.RemoveBudget, read.Expiration, read.MaximumEntries));
    }

    private static async Task<HealthReportEntry> CheckAsync(IHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["fencekit-remote"];

    private async Task<IHost> StartAsync(
        InMemoryTransport transport, string name, bool isOwner, bool waits = true, TimeSpan? grace = null, TimeSpan? lease = null, string domain = "shop")
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(_log);
        builder.Services.AddMetrics();
        builder.Services.AddSingleton<IInvalidationTransport>(transport.Connect(name));
        builder.Services.AddFenceKitRemote(options =>
        {
            options.Domain = domain;
            options.NodeName = name;
            options.IsOwner = isOwner;
            options.Lease = lease ?? TimeSpan.FromMinutes(10);
            options.Grace = grace ?? TimeSpan.Zero;
        });
        builder.Services.AddHealthChecks().AddFenceKitRemote();
        IHost host = builder.Build();
        await host.StartAsync();
        if (waits)
        {
            Assert.True(await host.Services.GetRequiredService<RemoteDomain>().Node.WaitForLeaseAsync(Limit.Time));
        }

        return host;
    }

    private sealed class LogList : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<(int Id, string Text)> _messages = new();

        internal IEnumerable<int> Ids => _messages.Select(message => message.Id);

        internal IEnumerable<string> Texts => _messages.Select(message => message.Text);

        public ILogger CreateLogger(string categoryName) => categoryName == "FenceKit.Remote" ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _messages.Enqueue((eventId.Id, formatter(state, exception)));
    }
}
