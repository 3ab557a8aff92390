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

/// <summary>Adds a node of a domain, and the cache whose removals are proven, to an application.</summary>
public static class FenceKitRemoteServiceCollectionExtensions
{
    /// <summary>
    /// Adds a node, and the owner where the options say so; from the start of the host it takes part, at the end it leaves. <see cref="HybridCache"/> is then
    /// <see cref="RemoteHybridCache"/>, also where another one was added before.
    /// </summary>
    /// <param name="services">The services; among them must be an <see cref="IInvalidationTransport"/>.</param>
    /// <param name="configure">Sets options; the name of the domain is required. Runs after what comes from configuration.</param>
    /// <returns>The services.</returns>
    /// <remarks>A second call adds its options, and nothing twice. Options are checked when the host starts. The transport stays the container's.</remarks>
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

    /// <summary>The same, with the options from a section of the configuration, usually "FenceKit:Remote".</summary>
    /// <param name="services">The services; among them must be an <see cref="IInvalidationTransport"/>.</param>
    /// <param name="section">The section; its settings have the names of the options.</param>
    /// <param name="configure">Sets options over those of the section; null for none.</param>
    /// <returns>The services.</returns>
    /// <remarks>Without reflection. Read when the host starts; a value that cannot be read keeps it from starting.</remarks>
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
    /// Adds a check that is degraded while this process has no lease, or its owner is in grace, and fails when there has been no lease for longer than two of them.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="failureStatus">What a failure is; null for <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags to choose it by; null for none.</param>
    /// <returns>The health checks.</returns>
    /// <remarks>
    /// The check waits for nothing. Its data has the keys leased, lease_left_seconds, incarnation and connected, and on the owner in_grace and nodes, an array of texts.
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
