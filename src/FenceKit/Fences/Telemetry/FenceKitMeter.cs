// SPDX-License-Identifier: MIT
using System.Diagnostics.Metrics;

// Uses the real locks and interlocked operations also in the explorations, which replace them by instrumented ones elsewhere: counting is not
// part of any protocol, and must not add scheduling points.
using RealInterlocked = System.Threading.Interlocked;
using RealVolatile = System.Threading.Volatile;

namespace FenceKit.Diagnostics;

/// <summary>
/// The Meter "FenceKit". All instruments are observable: values are read when metrics are collected. So listeners never run on the thread of
/// a signaler or waiter, and without a listener the only cost is the counters of rare events.
/// </summary>
/// <remarks>
/// The numbers of issued and completed fences are the sums of the timelines' own counters at the time of collection
/// (<see cref="FenceRegistry"/>), so issuing and signaling cost nothing more. Internal timelines, of arrays, sets and locks, are not
/// included.
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

    /// <summary>Called by the first timeline, pool or notifier, to create the instruments.</summary>
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
