// SPDX-License-Identifier: MIT
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FenceKit.Extensions;

/// <summary>
/// Fails while a fence is stuck, memory is quarantined or a device is lost, and is degraded while a pool has no fence left. The description
/// names them.
/// </summary>
internal sealed class FenceKitHealthCheck(FenceKitParts parts, FenceKitObserver observer) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        string[] stuck = [.. observer.LookForStuckFences().Select(static fence => fence.ToString())];
        string[] quarantined =
            [.. parts.Notifiers.SelectMany(static part => part.Notifier.GetQuarantined().Select(held => $"{part.Notifier.Name}: {held}"))];
        string[] lost = [.. parts.Queues.Where(static queue => queue.LostReason is not null).Select(static queue => Describe(queue.Name, queue.LostReason!))];
        string[] full = [.. parts.Pools.Where(static pool => pool.Available == 0).Select(static pool => pool.ToString())];
        Dictionary<string, object> data = new(StringComparer.Ordinal)
        {
            ["stuck_fences"] = stuck,
            ["quarantined_memory"] = quarantined,
            ["lost_devices"] = lost,
            ["full_pools"] = full,
        };
        List<string> findings = [];
        Tell(findings, "stuck fences", stuck);
        Tell(findings, "quarantined memory", quarantined);
        Tell(findings, "lost devices", lost);
        HealthStatus status = findings.Count > 0 ? context.Registration.FailureStatus : full.Length > 0 ? HealthStatus.Degraded : HealthStatus.Healthy;
        Tell(findings, "full pools", full);
        string description = findings.Count == 0 ? "Nothing is stuck, quarantined, lost or full." : string.Join(Environment.NewLine, findings);
        return Task.FromResult(new HealthCheckResult(status, description, exception: null, data));
    }

    private static string Describe(string queue, DeviceLostException reason) =>
        $"{queue}: {reason.Message}{(reason.MayStillTouchMemory ? " (the device may still touch memory)" : "")}";

    private static void Tell(List<string> findings, string what, string[] which)
    {
        if (which.Length > 0)
        {
            findings.Add($"{which.Length} {what}: {string.Join("; ", which)}");
        }
    }
}
