// SPDX-License-Identifier: MIT
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace FenceKit.Tests.Diagnostics;

/// <summary>The Meter "FenceKit". Other tests of the process count too, so totals are compared with amounts that nobody else reaches.</summary>
public class MeterTests
{
    private const ulong Many = 1UL << 40;

    [Fact]
    public void What_is_issued_and_completed_is_counted_for_ever_also_when_its_timeline_has_ended()
    {
        FenceTimeline timeline = new("metered");
        (long issued, long completed) = (Total("fencekit.fences.issued"), Total("fencekit.fences.completed"));
        timeline.Issue(Many);
        Assert.InRange(Total("fencekit.fences.issued"), issued + (long)Many, long.MaxValue);
        Assert.InRange(Total("fencekit.fences.completed"), completed, completed + (long)Many - 1);
        timeline.Signal(Many / 2);
        Assert.InRange(Total("fencekit.fences.completed"), completed + (long)(Many / 2), completed + (long)Many - 1);
        timeline.Dispose();
        Assert.InRange(Total("fencekit.fences.issued"), issued + (long)Many, long.MaxValue);
        Assert.InRange(Total("fencekit.fences.completed"), completed + (long)Many, long.MaxValue);
    }

    [Fact]
    public void What_a_timeline_that_is_collected_had_issued_stays_counted()
    {
        long issued = Total("fencekit.fences.issued");
        WeakReference dropped = Drop();
        Limit.Until(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return !dropped.IsAlive;
            },
            "The collection of the dropped timeline");
        Assert.InRange(Total("fencekit.fences.issued"), issued + (long)Many, long.MaxValue);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Drop()
        {
            FenceTimeline timeline = new("dropped");
            timeline.Signal(timeline.Issue(Many));
            return new WeakReference(timeline);
        }
    }

    [Fact]
    public void What_is_pending_is_listed_by_name_as_long_as_its_producer_lives()
    {
        FenceTimeline timeline = new("pending-a");
        FencePool pool = new("pending-b", 3);
        timeline.Issue(7);
        timeline.Signal(2);
        pool.TryRent(out FenceSource first);
        pool.TryRent(out FenceSource second);
        second.TrySignal();
        Assert.Equal(5, Pending("pending-a"));
        Assert.Equal(1, Pending("pending-b"));
        GC.KeepAlive(first); // a source that is dropped is not pending for long
        timeline.Dispose();
        pool.Dispose();
        Assert.Null(Pending("pending-a"));
        Assert.Null(Pending("pending-b"));

        static long? Pending(string name) => Read("fencekit.fences.pending").Where(one => (string?)one.Tag == name).Select(one => (long?)one.Value).SingleOrDefault();
    }

    [Fact]
    public void A_fault_is_counted_by_what_led_to_it_and_by_the_number_of_its_points()
    {
        ManualTimeProvider clock = new();
        FenceTimeline late = new("late", new FenceTimelineOptions { TimeProvider = clock, Watchdog = TimeSpan.FromSeconds(8) });
        foreach ((string reason, Action<FenceTimeline> end) in new (string, Action<FenceTimeline>)[]
        {
            ("error", timeline => timeline.Signal(Many, new InvalidOperationException())),
            ("poison", timeline => timeline.Poison(new InvalidOperationException())),
            ("abandoned", timeline => timeline.Dispose()),
            ("timeout", _ =>
            {
                late.Issue(Many);
                clock.Advance(TimeSpan.FromSeconds(2));
                clock.Advance(TimeSpan.FromSeconds(10));
            }),
        })
        {
            long before = Faulted(reason);
            FenceTimeline timeline = new("faulty");
            timeline.Issue(Many);
            end(timeline);
            Assert.InRange(Faulted(reason), before + (long)Many, before + (2 * (long)Many) - 1);
            timeline.Signal(Many);
        }

        static long Faulted(string reason) => Read("fencekit.fences.faulted").Single(one => (string?)one.Tag == reason).Value;
    }

    [Fact]
    public void Waits_pools_queues_and_locks_that_do_not_go_as_hoped_are_counted()
    {
        Fence pending = new FenceTimeline("waits").Issue();
        using CancellationTokenSource canceled = new();
        Rises("fencekit.waits.timed_out", () => pending.Wait(TimeSpan.FromTicks(1)));
        Rises("fencekit.waits.timed_out", () => Limit.On(TimeOutAsync()));
        Rises("fencekit.waits.blocked", () => pending.Wait(TimeSpan.FromTicks(1)));
        Rises("fencekit.waits.canceled", () =>
        {
            TestThread waiter = TestThread.Start(() => Assert.ThrowsAny<OperationCanceledException>(() => pending.Wait(Limit.Time, canceled.Token)));
            waiter.UntilBlocked();
            canceled.Cancel();
            waiter.Join();
        });
        Rises("fencekit.pools.exhausted", () =>
        {
            FencePool small = new("small", 1);
            Assert.True(small.TryRent(out FenceSource only));
            Assert.False(small.TryRent(out _));
            GC.KeepAlive(only);
        });
        Rises("fencekit.completion_queues.full", () =>
        {
            using FenceCompletionQueue queue = new(1);
            Assert.True(queue.TryWatch(pending));
            Assert.False(queue.TryWatch(pending));
        });
        Rises("fencekit.locks.backed_off", () =>
        {
            WoundWaitClass lockClass = new("class", WoundWaitPolicy.WaitDie);
            WoundWaitLock[] locks = [new(lockClass), new(lockClass)];
            WoundWaitContext old = new(lockClass);
            WoundWaitContext young = new(lockClass);
            locks[0].Lock(old);
            TestThread.Run(() =>
            {
                locks[1].Lock(young);
                Assert.Equal(WoundWaitOutcome.MustBackOff, locks[0].Lock(young));
                locks[1].Unlock(young);
            });
            locks[0].Unlock(old);
        });

        async Task TimeOutAsync() => Assert.Equal(FenceStatus.Pending, await pending.WaitAsync(TimeSpan.FromTicks(1)));

        static void Rises(string instrument, Action action)
        {
            long before = Total(instrument);
            action();
            Assert.InRange(Total(instrument), before + 1, long.MaxValue);
        }
    }

    [Fact]
    public void Invalidation_sessions_are_counted_by_how_they_ended()
    {
        using InvalidationNotifier notifier = new("memory");
        (long committed, long backedOff) = (Sessions("committed"), Sessions("backed_off"));
        for (int i = 0; i < 3; i++)
        {
            Assert.True(notifier.TrySchedule(new AddressRange(0, 4096), InvalidationReason.Unmap, out InvalidationSession session));
            session.Wait(Limit.Time);
            if (i < 2)
            {
                session.Commit();
            }

            session.Dispose();
        }

        Assert.InRange(Sessions("committed"), committed + 2, long.MaxValue);
        Assert.InRange(Sessions("backed_off"), backedOff + 1, long.MaxValue);

        static long Sessions(string outcome) => Read("fencekit.invalidation.sessions").Single(one => (string?)one.Tag == outcome).Value;
    }

    [Fact]
    public void Every_instrument_has_a_unit_and_a_description_and_a_name_of_ours()
    {
        _ = new FenceTimeline("any");
        List<Instrument> instruments = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == "FenceKit")
                {
                    instruments.Add(instrument);
                }
            },
        };
        listener.Start();
        Assert.True(instruments.Count >= 16);
        Assert.All(instruments, instrument =>
        {
            Assert.StartsWith("fencekit.", instrument.Name, StringComparison.Ordinal);
            Assert.True(instrument.IsObservable, "Nothing is pushed: no listener runs on the thread of a signaler.");
            Assert.False(string.IsNullOrEmpty(instrument.Unit) || string.IsNullOrEmpty(instrument.Description));
        });
        Assert.Equal(instruments.Count, instruments.DistinctBy(instrument => instrument.Name).Count());
    }

    private static long Total(string instrument) => Assert.Single(Read(instrument)).Value;

    private static List<(long Value, object? Tag)> Read(string name)
    {
        List<(long, object?)> values = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "FenceKit" && instrument.Name == name)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => values.Add((value, tags.IsEmpty ? null : tags[0].Value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return values;
    }
}
