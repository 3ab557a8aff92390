// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace FenceKit.Tests.Invalidation;

/// <summary>
/// Everybody misbehaves at once, for as long as FENCEKIT_SOAK_SECONDS says (2 seconds when it does not); at rest all counters are equal.
/// </summary>
[Collection(AloneCollection.Name)]
[Trait("Suite", "Soak")]
public class SoakTests
{
    private const int Owners = 3;
    private const int Devices = 8;

    // Room for pools and queues that find their size late. A minute makes some 100,000 sessions: ten bytes lost by each would be more.
    private const long ToleratedGrowth = 1 << 20;

    private readonly InvalidationNotifier _notifier = new("soak");
    private readonly SoakDevice[] _devices;
    private readonly SoakCounters _counters = new();
    private readonly int _seed = Environment.TickCount;
    private bool _over;
    private bool _paused;
    private int _atRest;

    public SoakTests() => _devices = [.. Enumerable.Range(0, Devices).Select(i => new SoakDevice(_notifier, _counters, _seed + i))];

    [Fact]
    public void At_rest_all_counters_are_equal_memory_is_flat_and_nothing_was_lost()
    {
        double seconds = double.Parse(Environment.GetEnvironmentVariable("FENCEKIT_SOAK_SECONDS") ?? "2", CultureInfo.InvariantCulture);
        TestThread[] threads =
        [
            .. Enumerable.Range(0, Owners).Select(i => new Random(_seed + 100 + i)).Select(random => TestThread.Start(() => Work(() => Own(random)))),
            TestThread.Start(() => Work(Signal)),
            TestThread.Start(() => Work(Read)),
            TestThread.Start(() => Work(Resubscribe)),
        ];

        // The first third is for warming up; then, and at the end, everybody stands still for the measurement.
        long start = Stopwatch.GetTimestamp();
        Thread.Sleep(TimeSpan.FromSeconds(seconds / 3));
        long before = MemoryAtRest(threads.Length);
        Thread.Sleep(TimeSpan.FromSeconds(seconds * 2 / 3));
        Limit.Until(SawAllEnds, "Sessions of each end"); // a machine with much else to do needs longer
        long after = MemoryAtRest(threads.Length);
        seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Volatile.Write(ref _over, true);
        Array.ForEach(threads, thread => thread.Join());
        Array.ForEach(_devices, device => device.End());

        InvalidationStatistics statistics = _notifier.GetStatistics();
        long lost = _counters.FencesIssued - _counters.FencesSignaled + _devices.Sum(device => device.Outstanding);
        WriteProof(seconds, statistics, lost, after - before);
        NotifierTest.AssertAtRest(_notifier);
        Assert.Equal(
            (_counters.Completed, _counters.BackedOff, _counters.Refused), (statistics.Committed, statistics.BackedOff, statistics.Refused));
        Assert.Equal(_counters.SubscriberFaults, statistics.SubscriberFaults);
        Assert.Equal(0, statistics.Subscriptions);
        Assert.True(lost == 0, $"{lost} fences were lost. Seed {_seed}.");
        Assert.Equal(0, _counters.Wrong);
        Assert.True(after - before < ToleratedGrowth, $"Memory grew by {after - before} bytes. Seed {_seed}.");
    }

    private bool SawAllEnds() =>
        Volatile.Read(ref _counters.Completed) > 0 && Volatile.Read(ref _counters.BackedOff) > 0
        && Volatile.Read(ref _counters.Refused) > 0 && Volatile.Read(ref _counters.Faulted) > 0;

    private void Work(Action turn)
    {
        while (!Volatile.Read(ref _over))
        {
            turn();
            if (Volatile.Read(ref _paused))
            {
                Interlocked.Increment(ref _atRest);
                Limit.Until(() => !Volatile.Read(ref _paused), "The end of the measurement");
                Interlocked.Decrement(ref _atRest);
            }
        }
    }

    private long MemoryAtRest(int threads)
    {
        Volatile.Write(ref _paused, true);
        Limit.Until(() => Volatile.Read(ref _atRest) == threads, "Everybody standing still");
        Array.ForEach(_devices, device => device.SignalAll());
        long bytes = GC.GetTotalMemory(forceFullCollection: true);
        Volatile.Write(ref _paused, false);
        Limit.Until(() => Volatile.Read(ref _atRest) == 0, "Everybody going on");
        return bytes;
    }

    private void Own(Random random)
    {
        if (!_notifier.TrySchedule(SoakDevice.RandomRange(random), InvalidationReason.Unmap, out InvalidationSession session))
        {
            Interlocked.Increment(ref _counters.Refused);
            return;
        }

        using (session)
        {
            InvalidationOutcome outcome = Wait(session, random);
            if (outcome == InvalidationOutcome.Completed && random.Next(10) > 0)
            {
                session.Commit();
                Interlocked.Increment(ref _counters.Completed);
                return;
            }

            Interlocked.Increment(ref _counters.BackedOff);
            if (outcome == InvalidationOutcome.Faulted)
            {
                Interlocked.Increment(ref _counters.Faulted);
            }

            if (random.Next(2) == 0)
            {
                session.BackOff();
            }
        }

        Interlocked.Add(ref _counters.Wrong, session.HasEnded ? 0 : 1);
    }

    private static InvalidationOutcome Wait(InvalidationSession session, Random random)
    {
        TimeSpan budget = TimeSpan.FromMicroseconds(random.Next(2_000));
        switch (random.Next(5))
        {
            case 0:
                return session.TryWait();
            case 1:
                return Limit.On(session.WaitAsync(budget).AsTask());
            case 2:
                using (CancellationTokenSource cancellation = new(TimeSpan.FromMilliseconds(1)))
                {
                    try
                    {
                        return session.Wait(Timeout.InfiniteTimeSpan, cancellation.Token);
                    }
                    catch (OperationCanceledException)
                    {
                        return InvalidationOutcome.Pending;
                    }
                }

            default:
                return session.Wait(budget);
        }
    }

    private void Signal() => Array.ForEach(_devices, device => device.SignalSome());

    private void Read() => Array.ForEach(_devices, device => device.ReadOnce());

    private void Resubscribe() => Array.ForEach(_devices, device => device.Resubscribe());

    private void WriteProof(double seconds, InvalidationStatistics statistics, long lost, long growth)
    {
        string folder = Repository.PathOf("artifacts", "proof");
        Directory.CreateDirectory(folder);
        Dictionary<string, object> proof = new()
        {
            ["seconds"] = Math.Round(seconds, 1),
            ["sessions"] = statistics.Begun,
            ["completed"] = statistics.Committed,
            ["backedOff"] = statistics.BackedOff,
            ["refused"] = statistics.Refused,
            ["faulted"] = _counters.Faulted,
            ["fencesIssued"] = _counters.FencesIssued,
            ["fencesSignaled"] = _counters.FencesSignaled,
            ["lost"] = lost,
            ["seed"] = _seed,
            ["memoryGrowthBytes"] = growth,
        };
        File.WriteAllText(Path.Combine(folder, "soak.json"), JsonSerializer.Serialize(proof));
    }
}
