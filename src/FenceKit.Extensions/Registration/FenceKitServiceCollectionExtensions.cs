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
    /// Adds FenceKit: from the start of the host its events are logged and stuck fences are looked for; at the end of the host everything
    /// that was added to the builder drains.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets options; null for the usual ones. Runs after what comes from configuration.</param>
    /// <returns>To which notifiers, device queues and pools are added.</returns>
    /// <remarks>A second call adds its options, and nothing twice. Options are checked when the host starts.</remarks>
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
    /// <param name="configure">Sets options over those of the section; null for none.</param>
    /// <returns>To which notifiers, device queues and pools are added.</returns>
    /// <remarks>
    /// As the other overload. Without reflection. The section is read when the host starts; a later change of it has no effect. A value that
    /// cannot be read keeps the host from starting, with the path of the setting in the message.
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
