// SPDX-License-Identifier: MIT
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FenceKit.Remote.Caching;

/// <summary>
/// A health check: degraded while there is no lease, because reads go to the origin, and while the owner is in its grace period, because
/// removals wait; a failure when there has been no lease for longer than two lease times. Does not wait.
/// </summary>
internal sealed class RemoteHealthCheck(RemoteDomain domain) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        bool isLeased = domain.Node.IsLeased;
        bool isInGrace = domain.Owner?.IsInGrace == true;
        TimeSpan unleasedFor = domain.UnleasedFor;
        Dictionary<string, object> data = new(StringComparer.Ordinal)
        {
            ["leased"] = isLeased,
            ["lease_left_seconds"] = domain.Node.LeaseLeft.TotalSeconds,
            ["incarnation"] = domain.Node.GetStatistics().Incarnation,
            ["connected"] = domain.Transport.IsConnected,
        };
        if (domain.Owner is { } owner)
        {
            RemoteNodeInfo[] nodes = new RemoteNodeInfo[domain.Settings.NodeCapacity];
            data["in_grace"] = isInGrace;
            data["nodes"] = nodes.Take(owner.CopyNodes(nodes)).Select(Describe).ToArray();
        }

        HealthStatus status = unleasedFor > domain.Settings.Lease * 2 ? context.Registration.FailureStatus
            : isLeased && !isInGrace ? HealthStatus.Healthy
            : HealthStatus.Degraded;
        string description = !isLeased ? $"No lease for {unleasedFor.TotalSeconds:0.0} s: reads go to the origin."
            : isInGrace ? "The owner is in its grace: removals wait until it is over."
            : "Leased.";
        return Task.FromResult(new HealthCheckResult(status, description, exception: null, data));
    }

    private static string Describe(RemoteNodeInfo node) =>
        $"{node.Name}, incarnation {node.Incarnation}: lease left {node.LeaseLeft.TotalSeconds:0.0} s, {node.Unanswered} unanswered";
}
