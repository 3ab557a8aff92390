// SPDX-License-Identifier: MIT
using FenceKit.Extensions;
using FenceKit.Lockdep;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the findings of the lock validator to the log of an application.</summary>
public static class LockdepServiceCollectionExtensions
{
    /// <summary>Logs and counts what the lock validator finds, from the start of the host to its end; also what it has found before.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets options; null for the usual ones.</param>
    /// <returns>The services.</returns>
    /// <remarks>
    /// The validator is <see cref="LockValidator.Default"/>, unless a <see cref="LockValidator"/> is registered. It is switched on elsewhere, see
    /// <see cref="LockValidator.IsEnabled"/>; switched off, it finds nothing and costs nothing. A second call adds its options, and nothing twice.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    public static IServiceCollection AddLockdep(this IServiceCollection services, Action<LockdepOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        OptionsBuilder<LockdepOptions> options = services.AddOptions<LockdepOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LockdepOptions>, OptionChecks>());
        services.TryAddSingleton(static _ => LockValidator.Default);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, LockdepHostedService>());
        return services;
    }

    /// <summary>The same, with the options from a section of the configuration.</summary>
    /// <param name="services">The services.</param>
    /// <param name="section">The section, usually "FenceKit:Lockdep".</param>
    /// <param name="configure">Sets options over those of the section; null for none.</param>
    /// <returns>The services.</returns>
    /// <remarks>As the other overload. Without reflection; a value that cannot be read keeps the host from starting.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="section"/> is null.</exception>
    public static IServiceCollection AddLockdep(this IServiceCollection services, IConfiguration section, Action<LockdepOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(section);
        services.AddSingleton<IConfigureOptions<LockdepOptions>>(new LockdepBinding(section));
        return services.AddLockdep(configure);
    }
}
