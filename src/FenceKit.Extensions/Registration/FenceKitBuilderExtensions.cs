// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using FenceKit;
using FenceKit.Extensions;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds notifiers, device queues and fence pools as keyed services.</summary>
/// <remarks>
/// Each is a singleton under its name, made when it is first asked for, with the <see cref="TimeProvider"/> of the container if there is
/// one. A name that is there already is left as it is.
/// </remarks>
public static class FenceKitBuilderExtensions
{
    /// <summary>Adds a notifier: <c>[FromKeyedServices("pages")] InvalidationNotifier</c>.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">Its name in reports, and its key.</param>
    /// <param name="configure">Sets its options over those from configuration; null for none.</param>
    /// <returns>The builder.</returns>
    /// <remarks>When the host ends it is released with its time; what is held longer is logged as quarantined.</remarks>
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
    /// <typeparam name="TCommand">What the device understands.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The name of its timeline, and its key.</param>
    /// <param name="driver">Makes the driver, when the queue is first asked for. The driver belongs to the queue.</param>
    /// <param name="configure">Sets its options over those from configuration; null for none.</param>
    /// <returns>The builder.</returns>
    /// <remarks>
    /// When the host ends, it accepts nothing more and finishes what it has, within its time and that of the host; then the device counts as
    /// lost. A container without a host must be disposed asynchronously, as for everything that drains.
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
    /// <param name="name">Who produces the fences, and the key.</param>
    /// <param name="capacity">How many fences may be pending at once, 1 to <see cref="FencePool.MaxCapacity"/>.</param>
    /// <param name="watchdog">A fence that is not signaled within this time faults; null for no limit.</param>
    /// <returns>The builder.</returns>
    /// <remarks>When the host ends, the fences that are still pending fault.</remarks>
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
