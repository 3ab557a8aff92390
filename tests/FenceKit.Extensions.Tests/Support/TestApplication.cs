// SPDX-License-Identifier: MIT
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FenceKit.Extensions.Tests;

/// <summary>A host as an application has it, with a log that is kept and a clock that stands still.</summary>
internal sealed class TestApplication : IAsyncDisposable
{
    private readonly IHost _host;
    private Task? _stopping;

    private TestApplication(IHost host, RecordingLoggerProvider log, ManualTimeProvider clock)
    {
        _host = host;
        Log = log;
        Clock = clock;
    }

    internal RecordingLoggerProvider Log { get; }

    internal ManualTimeProvider Clock { get; }

    internal IServiceProvider Services => _host.Services;

    /// <summary>Not started.</summary>
    internal static TestApplication Build(Action<IServiceCollection, IConfiguration> add, params (string Key, string? Value)[] settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value)));
        RecordingLoggerProvider log = new();
        ManualTimeProvider clock = new();
        builder.Logging.AddProvider(log);
        builder.Services.AddSingleton<TimeProvider>(clock);
        add(builder.Services, builder.Configuration);
        return new TestApplication(builder.Build(), log, clock);
    }

    internal static async Task<TestApplication> StartAsync(Action<IFenceKitBuilder> add, params (string Key, string? Value)[] settings)
    {
        TestApplication application = Build((services, configuration) => add(services.AddFenceKit(configuration.GetSection("FenceKit"))), settings);
        await application.StartAsync();
        return application;
    }

    internal Task StartAsync() => Limit.OnAsync(_host.StartAsync(), "The start of the host");

    internal Task StopAsync(CancellationToken cancellationToken = default) =>
        _stopping ??= Limit.OnAsync(_host.StopAsync(cancellationToken), "The end of the host");

    internal InvalidationNotifier Notifier(string name) => Services.GetRequiredKeyedService<InvalidationNotifier>(name);

    internal DeviceQueue<int> Queue(string name) => Services.GetRequiredKeyedService<DeviceQueue<int>>(name);

    internal FencePool Pool(string name) => Services.GetRequiredKeyedService<FencePool>(name);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
