// SPDX-License-Identifier: MIT
using System.Diagnostics.Metrics;

namespace FenceKit.Remote.Caching;

/// <summary>
/// The instruments of node and owner, with a meter from the container's factory. All are observable: they are read when a listener
/// collects.
/// </summary>
internal static class RemoteInstruments
{
    internal static void Create(IMeterFactory meters, RemoteDomain domain)
    {
        Meter meter = meters.Create(CacheInstruments.MeterName); // the factory disposes it
        KeyValuePair<string, object?> name = CacheInstruments.Of(domain.Settings.Domain);
        RemoteInvalidationNode node = domain.Node;
        meter.CreateObservableUpDownCounter("fencekit.remote.node.leased", () => One(node.IsLeased ? 1 : 0), "{node}", "1 while this node has a lease.");
        meter.CreateObservableGauge(
            "fencekit.remote.node.lease.left", () => new Measurement<double>(node.LeaseLeft.TotalSeconds, name), "s", "How long the lease of this node lasts still.");
        meter.CreateObservableCounter("fencekit.remote.node.grants", () => One(node.GetStatistics().Grants), "{lease}", "Leases got or made longer.");
        meter.CreateObservableCounter(
            "fencekit.remote.node.leases.lost", () => One(Lost(node.GetStatistics())), "{lease}", "Leases that ran out, were ended by the owner, or by another owner.");
        meter.CreateObservableCounter("fencekit.remote.node.acknowledged", () => One(node.GetStatistics().Acknowledged), "{answer}", "Answers given.");
        meter.CreateObservableCounter("fencekit.remote.node.rejected", () => One(node.GetStatistics().Rejected), "{message}", "Messages that were none.");
        meter.CreateObservableUpDownCounter("fencekit.remote.cache.entries", () => One(domain.Cache.Count), "{entry}", "Entries in memory.");
        if (domain.Owner is not { } owner)
        {
            return;
        }

        meter.CreateObservableUpDownCounter("fencekit.remote.owner.nodes", () => One(owner.GetStatistics().Nodes), "{node}", "Nodes with a lease.");
        meter.CreateObservableUpDownCounter("fencekit.remote.owner.in_grace", () => One(owner.IsInGrace ? 1 : 0), "{owner}", "1 while nothing is completed yet.");
        meter.CreateObservableUpDownCounter("fencekit.remote.owner.open", () => One(owner.GetStatistics().Open), "{range}", "Ranges under invalidation.");
        meter.CreateObservableCounter("fencekit.remote.owner.acknowledged", () => One(owner.GetStatistics().Acknowledged), "{answer}", "Answers of nodes.");
        meter.CreateObservableCounter("fencekit.remote.owner.expired", () => One(owner.GetStatistics().Expired), "{answer}", "Answers that were the end of a lease.");
        meter.CreateObservableCounter("fencekit.remote.owner.withheld", () => One(owner.GetStatistics().Withheld), "{renewal}", "Renewals not given to who does not answer.");
        meter.CreateObservableCounter("fencekit.remote.owner.repeats", () => One(owner.GetStatistics().Repeats), "{message}", "Messages sent again.");
        meter.CreateObservableCounter("fencekit.remote.owner.full", () => One(owner.GetStatistics().Full), "{join}", "Joins refused for want of room.");
        meter.CreateObservableCounter("fencekit.remote.owner.rejected", () => One(owner.GetStatistics().Rejected), "{message}", "Messages that were none.");

        Measurement<long> One(long value) => new(value, name);
    }

    private static long Lost(RemoteNodeStatistics statistics) => statistics.Expired + statistics.Expelled + statistics.NewOwners;
}
