// SPDX-License-Identifier: MIT
using FenceKit.Extensions;
using FenceKit.Lockdep;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds logging of the findings of the lock validator to an application.</summary>
public static class LockdepServiceCollectionExtensions
{
    /// <summary>
    /// Logs and counts the findings of the lock validator, from the start of the host to its end, including those from before the start.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the options; null for the defaults.</param>
    /// <returns>The services.</returns>
    /// <remarks>
    /// The validator is <see cref="LockValidator.Default"/>, unless a <see cref="LockValidator"/> is registered. This method does not enable
    /// the validator, see <see cref="LockValidator.IsEnabled"/>; when it is disabled, it finds nothing and costs nothing. A second call adds
    /// only its changes of options.
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

    /// <summary>Logs and counts the findings of the lock validator, with the options from a section of the configuration.</summary>
    /// <param name="services">The services.</param>
    /// <param name="section">The section, usually "FenceKit:Lockdep".</param>
    /// <param name="configure">Changes the options after they were read from the section; null for no change.</param>
    /// <returns>The services.</returns>
    /// <remarks>Uses no reflection. A value that cannot be read keeps the host from starting. Otherwise like the other overload.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="section"/> is null.</exception>
    public static IServiceCollection AddLockdep(this IServiceCollection services, IConfiguration section, Action<LockdepOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(section);
        services.AddSingleton<IConfigureOptions<LockdepOptions>>(new LockdepBinding(section));
        return services.AddLockdep(configure);
    }
}
