// SPDX-License-Identifier: MIT
using System.Diagnostics.Metrics;

// Real locks and real interlocked operations, also where the sources are compiled against the explorer's twins: counting is no part of any
// protocol, and must not become a scheduling point of those that are.
using RealInterlocked = System.Threading.Interlocked;
using RealVolatile = System.Threading.Volatile;

namespace FenceKit.Diagnostics;

/// <summary>
/// The Meter "FenceKit". Everything in it is observed, never pushed: numbers are read when somebody collects, so no listener's code ever
/// runs on the thread of a signaler or a waiter, and without a listener there is nothing but counters of rare events.
/// </summary>
/// <remarks>
/// Fences issued and completed are the counters of the timelines themselves, added up at collection time (<see cref="FenceRegistry"/>);
/// issuing and signaling do not know that they are counted. Timelines inside the library (of arrays, sets and locks) do not count.
/// </remarks>
internal static class FenceKitMeter
{
    internal const string Name = "FenceKit";

    private const string Reason = "fencekit.reason";
    private const string Timeline = "fencekit.timeline";
    private const string Outcome = "fencekit.outcome";

    private static readonly long[] s_counts = new long[Enum.GetValues<FenceKitCounter>().Length];
    private static readonly Meter s_meter = Create();

    internal static void Count(FenceKitCounter counter, long by = 1) => RealInterlocked.Add(ref s_counts[(int)counter], by);

    /// <summary>Instruments come into being with the first timeline, pool or notifier, which calls this.</summary>
    internal static void Publish() => GC.KeepAlive(s_meter);

    private static long Read(FenceKitCounter counter) => RealVolatile.Read(ref s_counts[(int)counter]);

    private static Meter Create()
    {
        Meter meter = new(Name, typeof(FenceKitMeter).Assembly.GetName().Version?.ToString());

        Gauge("fencekit.timelines", "{timeline}", "Timelines that are neither disposed nor collected.", static () => FenceRegistry.Total().Timelines);
        Gauge("fencekit.timelines.waited_for", "{timeline}", "Timelines with at least one callback or waiter in their list.", static () => FenceRegistry.Total().WaitedFor);
        Gauge("fencekit.pools", "{pool}", "Pools that are neither disposed nor collected.", static () => FenceRegistry.Total().Pools);
        Counter("fencekit.fences.issued", "{fence}", "Fences issued by timelines and rented from pools.", static () => (long)FenceRegistry.Total().Issued);
        Counter("fencekit.fences.completed", "{fence}", "Fences completed, with whatever outcome.", static () => (long)FenceRegistry.Total().Completed);
        meter.CreateObservableUpDownCounter(
            "fencekit.fences.pending", static () => FenceRegistry.Pending(Timeline), "{fence}", "Fences issued and not complete, by the name of their timeline or pool.");
        meter.CreateObservableCounter<long>(
            "fencekit.fences.faulted",
            static () =>
            [
                new(Read(FenceKitCounter.FaultedByError), new KeyValuePair<string, object?>(Reason, "error")),
                new(Read(FenceKitCounter.FaultedByWatchdog), new KeyValuePair<string, object?>(Reason, "timeout")),
                new(Read(FenceKitCounter.FaultedByPoison), new KeyValuePair<string, object?>(Reason, "poison")),
                new(Read(FenceKitCounter.FaultedByAbandoning), new KeyValuePair<string, object?>(Reason, "abandoned")),
            ],
            "{fence}",
            "Fences completed with an error, by what led to it.");
        Counter("fencekit.callbacks.faulted", "{callback}", "Callbacks and inline continuations that threw.", static () => FenceTimeline.CallbackFaults);
        Counter("fencekit.waits.blocked", "{wait}", "Waits that put a thread to sleep.", static () => Read(FenceKitCounter.ThreadsBlocked));
        Counter("fencekit.waits.timed_out", "{wait}", "Waits, with and without a thread, whose time ran out.", static () => Read(FenceKitCounter.WaitsTimedOut));
        Counter("fencekit.waits.canceled", "{wait}", "Waits, with and without a thread, that a token ended.", static () => Read(FenceKitCounter.WaitsCanceled));
        Counter("fencekit.pools.exhausted", "{rent}", "Rents that were refused because all slots were pending.", static () => Read(FenceKitCounter.PoolExhausted));
        Counter("fencekit.completion_queues.full", "{watch}", "Fences that a completion queue refused to watch because it was full.", static () => Read(FenceKitCounter.CompletionQueueFull));
        Counter("fencekit.locks.backed_off", "{lock}", "Contexts that were told to give their locks back.", static () => Read(FenceKitCounter.LockBackOff));
        Counter("fencekit.shared_timelines.ended", "{timeline}", "Shared timelines that ended because of their producer.", static () => Read(FenceKitCounter.SharedTimelineEnded));
        meter.CreateObservableCounter<long>(
            "fencekit.invalidation.sessions",
            static () =>
            {
                MeterTotals totals = FenceRegistry.Total();
                return
                [
                    new(totals.Committed, new KeyValuePair<string, object?>(Outcome, "committed")),
                    new(totals.BackedOff, new KeyValuePair<string, object?>(Outcome, "backed_off")),
                    new(totals.Refused, new KeyValuePair<string, object?>(Outcome, "refused")),
                ];
            },
            "{session}",
            "Invalidation sessions that ended, by how.");
        Gauge("fencekit.invalidation.sessions.open", "{session}", "Invalidation sessions that are open.", static () => FenceRegistry.Total().OpenSessions);
        return meter;

        void Counter(string name, string unit, string description, Func<long> read) => meter.CreateObservableCounter(name, read, unit, description);

        void Gauge(string name, string unit, string description, Func<long> read) => meter.CreateObservableUpDownCounter(name, read, unit, description);
    }
}
