// SPDX-License-Identifier: MIT
using FenceKit.Remote;
using FenceKit.Remote.Caching;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a node of a domain, and the cache with proven removals, to an application.</summary>
public static class FenceKitRemoteServiceCollectionExtensions
{
    /// <summary>
    /// Adds a node, and the owner if the options say so; it joins when the host starts and leaves when it stops. <see cref="HybridCache"/>
    /// is then <see cref="RemoteHybridCache"/>, even if another one was registered before.
    /// </summary>
    /// <param name="services">The services; among them must be an <see cref="IInvalidationTransport"/>.</param>
    /// <param name="configure">Sets options; the name of the domain is required. Runs after the configuration was applied.</param>
    /// <returns>The services.</returns>
    /// <remarks>
    /// A second call only adds its options. Options are validated when the host starts. The container keeps the transport.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    public static IServiceCollection AddFenceKitRemote(this IServiceCollection services, Action<FenceKitRemoteOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        OptionsBuilder<FenceKitRemoteOptions> options = services.AddOptions<FenceKitRemoteOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<FenceKitRemoteOptions>, RemoteOptionChecks>());
        services.TryAddSingleton<RemoteDomain>();
        services.TryAddSingleton(static provider => provider.GetRequiredService<RemoteDomain>().Cache);
        services.Replace(ServiceDescriptor.Singleton<HybridCache>(static provider => provider.GetRequiredService<RemoteHybridCache>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, RemoteHostedService>());
        return services;
    }

    /// <summary>Adds a node with the options from a section of the configuration, usually "FenceKit:Remote".</summary>
    /// <param name="services">The services; among them must be an <see cref="IInvalidationTransport"/>.</param>
    /// <param name="section">The section; its settings have the names of the options.</param>
    /// <param name="configure">Sets options after those of the section; null for none.</param>
    /// <returns>The services.</returns>
    /// <remarks>Uses no reflection. The section is read when the host starts; an invalid value keeps the host from starting.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="section"/> is null.</exception>
    public static IServiceCollection AddFenceKitRemote(
        this IServiceCollection services, IConfiguration section, Action<FenceKitRemoteOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(section);
        services.AddSingleton<IConfigureOptions<FenceKitRemoteOptions>>(new RemoteOptionBinding(section));
        return services.AddFenceKitRemote(configure);
    }

    /// <summary>
    /// Adds a health check that is degraded while this process has no lease, or its owner is in its grace period, and fails when there has
    /// been no lease for longer than two lease times.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="failureStatus">The status that a failure reports; null for <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags of the check; null for none.</param>
    /// <returns>The health checks.</returns>
    /// <remarks>
    /// The check does not wait. Its data has the keys leased, lease_left_seconds, incarnation and connected, and on the owner in_grace and
    /// nodes, an array of texts.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    public static IHealthChecksBuilder AddFenceKitRemote(
        this IHealthChecksBuilder builder, string name = "fencekit-remote", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return builder.Add(new HealthCheckRegistration(
            name, static provider => new RemoteHealthCheck(provider.GetRequiredService<RemoteDomain>()), failureStatus, tags));
    }
}
