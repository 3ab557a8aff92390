// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using FenceKit.Lockdep;

namespace FenceKit.Benchmarks.Lockdep;

/// <summary>Ratios to the bare lock, measured in turns within one run so that a busy machine slows both. Run it with the switch on and off.</summary>
internal static class LockRatios
{
    private const int Rounds = 60;
    private const int Pairs = 200_000;

    public static void Run()
    {
        Console.WriteLine($"switch {(LockValidatorSwitch.IsEnabled ? "on" : "off")}");
        foreach (int depth in (int[])[1, 2, 8])
        {
            Compare($"depth {depth}", depth, LockValidator.Default);
        }

        if (!LockValidatorSwitch.IsEnabled)
        {
            return;
        }

        foreach (int classes in (int[])[10, 10_000])
        {
            var validator = new LockValidator(new LockValidatorOptions { CaptureStacks = false });
            Teach(validator, classes);
            Compare(string.Create(CultureInfo.InvariantCulture, $"depth 2, {classes} classes known"), 2, validator);
        }

        CompareThreads();
    }

    /// <summary>A chain of so many classes.</summary>
    public static void Teach(LockValidator validator, int classes)
    {
        LockMap? last = null;
        for (int i = 0; i < classes; i++)
        {
            var map = new LockMap(LockClass.Create(string.Create(CultureInfo.InvariantCulture, $"known{i}")));
            if (last is not null)
            {
                validator.Acquire(last);
                validator.Acquire(map);
                validator.Release(map);
                validator.Release(last);
            }

            last = map;
        }
    }

    private static void Compare(string what, int depth, LockValidator validator)
    {
        Lock[] bare = [.. Enumerable.Range(0, depth).Select(static _ => new Lock())];
        TrackedLock[] tracked = [.. Enumerable.Range(0, depth).Select(i => new TrackedLock(LockClass.Create($"c{i}"), null, validator))];
        int count = Pairs / depth;
        double bestBare = double.MaxValue;
        double bestTracked = double.MaxValue;
        long bytes = 0;
        for (int round = 0; round < Rounds; round++)
        {
            bestBare = Math.Min(bestBare, Time(() => Walk(bare, count), count));
            long before = GC.GetAllocatedBytesForCurrentThread();
            bestTracked = Math.Min(bestTracked, Time(() => Walk(tracked, count), count));
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Print(what, bestBare, bestTracked, bytes);
    }

    // Each thread on its own locks: with no shared write the ratio to bare locks does not depend on how many threads there are.
    private static void CompareThreads()
    {
        foreach (int threads in (int[])[1, 2])
        {
            double bare = double.MaxValue;
            double tracked = double.MaxValue;
            for (int round = 0; round < 40; round++)
            {
                bare = Math.Min(bare, OnThreads(threads, static () =>
                {
                    Lock[] own = [new(), new()];
                    return count => Walk(own, count);
                }));
                tracked = Math.Min(tracked, OnThreads(threads, static () =>
                {
                    TrackedLock[] own = [new(LockClass.Create("own")), new(LockClass.Create("inner"))];
                    return count => Walk(own, count);
                }));
            }

            Print(string.Create(CultureInfo.InvariantCulture, $"{threads} threads, two locks of its own each"), bare, tracked, 0);
        }
    }

    private static double OnThreads(int threads, Func<Action<int>> make)
    {
        using var start = new Barrier(threads);
        var times = new double[threads];
        Thread[] running =
        [
            .. Enumerable.Range(0, threads).Select(index => new Thread(() =>
            {
                Action<int> walk = make();
                walk(Pairs / 10);
                start.SignalAndWait();
                times[index] = Time(() => walk(Pairs), Pairs);
            })),
        ];
        Array.ForEach(running, static thread => thread.Start());
        Array.ForEach(running, static thread => thread.Join());
        return times.Max();
    }

    private static void Walk(Lock[] locks, int count)
    {
        for (int i = 0; i < count; i++)
        {
            foreach (Lock one in locks)
            {
                one.Enter();
            }

            for (int j = locks.Length - 1; j >= 0; j--)
            {
                locks[j].Exit();
            }
        }
    }

    private static void Walk(TrackedLock[] locks, int count)
    {
        for (int i = 0; i < count; i++)
        {
            foreach (TrackedLock one in locks)
            {
                one.Enter();
            }

            for (int j = locks.Length - 1; j >= 0; j--)
            {
                locks[j].Exit();
            }
        }
    }

    private static double Time(Action action, int count)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / count;
    }

    private static void Print(string what, double bare, double tracked, long bytes) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{what}: bare {bare:F1} ns, tracked {tracked:F1} ns, ratio {tracked / bare:F2}, {bytes} bytes"));
}
