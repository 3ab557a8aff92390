// SPDX-License-Identifier: MIT
using FenceKit.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds FenceKit to the health checks of an application.</summary>
public static class FenceKitHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check that fails while a fence is stuck, memory is quarantined or a device is lost, and is degraded while a pool has no fence left.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="failureStatus">The status of a failure; null for <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags to select the check by; null for none.</param>
    /// <returns>The health checks.</returns>
    /// <remarks>
    /// The check covers all fences of the process, and the notifiers, device queues and pools that were added by <c>AddFenceKit</c>, which
    /// this method calls too. The check does not wait. Its data has the keys stuck_fences, quarantined_memory, lost_devices and full_pools,
    /// each with an array of strings.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    public static IHealthChecksBuilder AddFenceKit(
        this IHealthChecksBuilder builder, string name = "fencekit", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        builder.Services.AddFenceKit();
        return builder.Add(new HealthCheckRegistration(
            name,
            static services => new FenceKitHealthCheck(services.GetRequiredService<FenceKitParts>(), services.GetRequiredService<FenceKitObserver>()),
            failureStatus,
            tags));
    }
}
