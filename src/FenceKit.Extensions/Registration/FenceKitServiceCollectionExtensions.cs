// SPDX-License-Identifier: MIT
using FenceKit.Extensions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds FenceKit to an application.</summary>
public static class FenceKitServiceCollectionExtensions
{
    /// <summary>
    /// Adds FenceKit. From the start of the host its events are logged and stuck fences are detected. When the host stops, everything that
    /// was added to the builder is shut down.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the options after they were read from the configuration; null for no change.</param>
    /// <returns>The builder, to which notifiers, device queues and pools are added.</returns>
    /// <remarks>A second call adds only its changes of options. Options are validated when the host starts.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    public static IFenceKitBuilder AddFenceKit(this IServiceCollection services, Action<FenceKitOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        OptionsBuilder<FenceKitOptions> options = services.AddOptions<FenceKitOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<FenceKitOptions>, OptionChecks>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<FenceKitNotifierOptions>, OptionChecks>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<FenceKitDeviceQueueOptions>, OptionChecks>());
        services.TryAddSingleton<FenceKitParts>();
        services.TryAddSingleton<FenceKitObserver>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, FenceKitHostedService>());
        return new FenceKitBuilder(services);
    }

    /// <summary>Adds FenceKit with its options, and those of its notifiers and device queues, from a section of the configuration.</summary>
    /// <param name="services">The services.</param>
    /// <param name="section">
    /// The section, usually "FenceKit". The options of the notifier "pages" are in its section <c>Notifiers:pages</c>, those of the device
    /// queue "copies" in <c>DeviceQueues:copies</c>.
    /// </param>
    /// <param name="configure">Changes the options after they were read from the section; null for no change.</param>
    /// <returns>The builder, to which notifiers, device queues and pools are added.</returns>
    /// <remarks>
    /// Uses no reflection. The section is read when the host starts; a later change of it has no effect. A value that cannot be read keeps
    /// the host from starting, with the path of the setting in the message.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="section"/> is null.</exception>
    public static IFenceKitBuilder AddFenceKit(this IServiceCollection services, IConfiguration section, Action<FenceKitOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(section);
        OptionBindings bindings = new(section);
        services.AddSingleton<IConfigureOptions<FenceKitOptions>>(bindings);
        services.AddSingleton<IConfigureOptions<FenceKitNotifierOptions>>(bindings);
        services.AddSingleton<IConfigureOptions<FenceKitDeviceQueueOptions>>(bindings);
        return services.AddFenceKit(configure);
    }
}
