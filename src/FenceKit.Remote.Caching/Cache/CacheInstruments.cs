// SPDX-License-Identifier: MIT
using System.Diagnostics.Metrics;

namespace FenceKit.Remote.Caching;

/// <summary>The instruments of caches. Nothing is computed or allocated without a listener.</summary>
internal static class CacheInstruments
{
    internal const string MeterName = "FenceKit.Remote.Caching";

    private static readonly Meter s_meter = new(MeterName);

    private static readonly Counter<long> s_reads = s_meter.CreateCounter<long>(
        "fencekit.remote.cache.reads", "{read}", "Reads, by outcome: hit, miss, or bypass when copies could be neither served nor made.");

    private static readonly Counter<long> s_removals = s_meter.CreateCounter<long>(
        "fencekit.remote.cache.removals", "{removal}", "Removals, by outcome: Completed, Pending or Faulted.");

    private static readonly Histogram<double> s_duration = s_meter.CreateHistogram<double>(
        "fencekit.remote.cache.removal.duration", "s", "How long a removal took until it was proven.");

    internal static void CountRead(string domain, string outcome)
    {
        if (s_reads.Enabled)
        {
            s_reads.Add(1, Of(domain), new KeyValuePair<string, object?>("fencekit.outcome", outcome));
        }
    }

    internal static void CountRemoval(string domain, in RemoteInvalidationResult result, TimeSpan duration)
    {
        if (s_removals.Enabled)
        {
            s_removals.Add(1, Of(domain), new KeyValuePair<string, object?>("fencekit.outcome", result.Outcome.ToString()));
        }

        if (result.IsCompleted && s_duration.Enabled)
        {
            s_duration.Record(duration.TotalSeconds, Of(domain));
        }
    }

    internal static KeyValuePair<string, object?> Of(string domain) => new("fencekit.remote.domain", domain);
}
