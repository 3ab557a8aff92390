// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using FenceKit;
using FenceKit.Extensions;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds notifiers, device queues and fence pools as keyed services.</summary>
/// <remarks>
/// Each part is a singleton under its name, created when it is first resolved, with the <see cref="TimeProvider"/> of the container if there
/// is one. Adding a name a second time has no effect.
/// </remarks>
public static class FenceKitBuilderExtensions
{
    /// <summary>Adds a notifier: <c>[FromKeyedServices("pages")] InvalidationNotifier</c>.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The name of the notifier in reports, and its key.</param>
    /// <param name="configure">Changes the options after they were read from the configuration; null for no change.</param>
    /// <returns>The builder.</returns>
    /// <remarks>
    /// When the host stops, it calls <see cref="InvalidationNotifier.Release"/> with the time limit of the options. Memory that is held
    /// longer is logged as quarantined.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    public static IFenceKitBuilder AddNotifier(this IFenceKitBuilder builder, string name, Action<FenceKitNotifierOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        AddOptions(builder, name, configure);
        builder.Services.TryAddKeyedSingleton(name, (services, _) =>
        {
            FenceKitNotifierOptions own = services.GetRequiredService<IOptionsMonitor<FenceKitNotifierOptions>>().Get(name);
            FenceKitOptions common = services.GetRequiredService<IOptions<FenceKitOptions>>().Value;
            InvalidationNotifier notifier = new(name, new InvalidationNotifierOptions
            {
                FaultPolicy = own.FaultPolicy,
                SessionCapacity = own.SessionCapacity,
                RememberedInvalidations = own.RememberedInvalidations,
                SlowSubscriberThreshold = own.SlowSubscriberThreshold ?? common.SlowSubscriberThreshold,
                TimeProvider = ClockOf(services),
            });
            services.GetRequiredService<FenceKitParts>().Add(new NotifierPart(notifier, own.ReleaseTimeout ?? common.ReleaseTimeout));
            return notifier;
        });
        return builder;
    }

    /// <summary>Adds a device queue: <c>[FromKeyedServices("copies")] DeviceQueue&lt;CopyJob&gt;</c>.</summary>
    /// <typeparam name="TCommand">The type of the commands.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The name of the queue's timeline, and the key.</param>
    /// <param name="driver">Creates the driver when the queue is first resolved. The queue owns the driver.</param>
    /// <param name="configure">Changes the options after they were read from the configuration; null for no change.</param>
    /// <returns>The builder.</returns>
    /// <remarks>
    /// When the host stops, the queue accepts no more commands and finishes those that it has. If it does not finish within its own time
    /// limit and that of the host, the device counts as lost. A container without a host must be disposed asynchronously.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="driver"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    public static IFenceKitBuilder AddDeviceQueue<TCommand>(
        this IFenceKitBuilder builder,
        string name,
        Func<IServiceProvider, DeviceDriver<TCommand>> driver,
        Action<FenceKitDeviceQueueOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(driver);
        AddOptions(builder, name, configure);
        builder.Services.TryAddKeyedSingleton(name, (services, _) =>
        {
            FenceKitDeviceQueueOptions own = services.GetRequiredService<IOptionsMonitor<FenceKitDeviceQueueOptions>>().Get(name);
            DeviceQueue<TCommand> queue = new(name, driver(services), own.ToQueue(ClockOf(services)));
            services.GetRequiredService<FenceKitParts>().Add(new DeviceQueuePart<TCommand>(queue));
            return queue;
        });
        return builder;
    }

    /// <summary>Adds a pool of fences: <c>[FromKeyedServices("requests")] FencePool</c>.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The name of the pool, and its key.</param>
    /// <param name="capacity">The number of fences that may be pending at the same time, 1 to <see cref="FencePool.MaxCapacity"/>.</param>
    /// <param name="watchdog">A fence that is not signaled within this time faults; null for no limit.</param>
    /// <returns>The builder.</returns>
    /// <remarks>When the host stops, fences that are still pending fault.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> or <paramref name="watchdog"/> is out of range.</exception>
    public static IFenceKitBuilder AddFencePool(this IFenceKitBuilder builder, string name, int capacity, TimeSpan? watchdog = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, FencePool.MaxCapacity);
        if (watchdog is { } limit)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(watchdog));
        }

        builder.Services.TryAddKeyedSingleton(name, (services, _) =>
        {
            FencePool pool = new(name, capacity, new FenceTimelineOptions { TimeProvider = ClockOf(services), Watchdog = watchdog });
            services.GetRequiredService<FenceKitParts>().Add(pool);
            return pool;
        });
        return builder;
    }

    private static void AddOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(
        IFenceKitBuilder builder, string name, Action<TOptions>? configure)
        where TOptions : class
    {
        OptionsBuilder<TOptions> options = builder.Services.AddOptions<TOptions>(name).ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }
    }

    private static TimeProvider ClockOf(IServiceProvider services) => services.GetService<TimeProvider>() ?? TimeProvider.System;
}
