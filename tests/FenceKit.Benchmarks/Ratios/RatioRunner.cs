// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Benchmarks.Ratios;

/// <summary>Measures both sides in turn, A B A B …, so that whatever disturbs the machine disturbs both.</summary>
internal static class RatioRunner
{
    private const int Rounds = 21;
    private static readonly string s_machine = Machine.Describe();
    private static readonly TimeSpan s_block = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan s_warmUp = TimeSpan.FromMilliseconds(400);

    internal static RatioResult Measure(RatioRow row)
    {
        Side ours = new(row.Ours, row.OursBase);
        Side theirs = new(row.Theirs, row.TheirsBase);
        double bytes = Bytes(row, ours.Count);

        Side? floor = row.Floor is null ? null : new Side(row.Floor, basis: null);
        double[] floors = new double[Rounds];
        double[] ratios = new double[Rounds];
        double[] oursTimes = new double[Rounds];
        double[] theirsTimes = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            double oursCost = ours.Measure(out oursTimes[round]);
            double theirsCost = theirs.Measure(out theirsTimes[round]);
            ratios[round] = oursCost / theirsCost;
            floors[round] = floor is null ? 0 : floor.Measure(out _) / theirsCost;
        }

        Array.Sort(ratios);
        double low = ratios[Rounds / 4];
        double ratio = ratios[Rounds / 2];
        bool holds = low <= row.Limit && bytes < 0.01;
        return new RatioResult(
            row.Name, ratio, bytes, row.Limit, holds, low, ratios[Rounds * 3 / 4], Median(oursTimes), Median(theirsTimes), row.OursText, row.TheirsText, s_machine,
            Median(floors), row.FloorText);
    }

    /// <summary>Runs one side until the tiered compiler has settled, and finds the count that fills a block.</summary>
    internal static int Calibrate(Action<int> side)
    {
        int count = 1;
        long start = Stopwatch.GetTimestamp();
        double once = double.MaxValue;
        int calls = 0;

        // At least 60 calls: code is compiled again after 30, and in the background.
        while (Stopwatch.GetElapsedTime(start) < s_warmUp || calls < 60)
        {
            double time = Time(side, count);
            calls++;
            if (time * count < s_block.TotalNanoseconds / 20 && count < int.MaxValue / 4)
            {
                count *= 2; // too short to tell
            }
            else
            {
                once = Math.Min(once, time);
            }

            if (Stopwatch.GetElapsedTime(start) > 10 * s_warmUp)
            {
                break;
            }
        }

        // Where a call starts threads, and the machine makes them wait, every call looks long: the count must fill a block, not the waiting.
        count = CountFor(once);
        for (int attempt = 0; attempt < 5; attempt++)
        {
            double time = Time(side, count);
            if (time * count >= s_block.TotalNanoseconds / 4)
            {
                break;
            }

            count = CountFor(time);
        }

        return count;
    }

    private static int CountFor(double time) => (int)Math.Clamp(s_block.TotalNanoseconds / time, 1, int.MaxValue / 4);

    internal static double Time(Action<int> side, int count)
    {
        long start = Stopwatch.GetTimestamp();
        side(count);
        return (Stopwatch.GetTimestamp() - start) * (1e9 / Stopwatch.Frequency) / count; // a TimeSpan counts in steps of 100 ns
    }

    private static double Bytes(RatioRow row, int count)
    {
        // What twice as many cost more than once as many: the threads and timelines that a call makes for itself are not a cost of each
        // time. The median of three: a pool that grows once is not one either.
        double[] slopes = new double[3];
        for (int attempt = 0; attempt < slopes.Length; attempt++)
        {
            long start = Read();
            row.Ours(count);
            long once = Read();
            row.Ours(count * 2);
            slopes[attempt] = (Read() - once - (once - start)) / (double)count;
        }

        return Math.Max(0, Median(slopes));

        long Read() => row.Allocated is { } allocated ? allocated() : row.Threads == 1 ? GC.GetAllocatedBytesForCurrentThread() : GC.GetTotalAllocatedBytes(precise: true);
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        return sorted[sorted.Length / 2];
    }

    /// <summary>One side of a row: its time, or how many times that of its base it takes.</summary>
    private sealed class Side(Action<int> work, Action<int>? basis)
    {
        private readonly int _basisCount = basis is null ? 0 : Calibrate(basis);

        internal int Count { get; } = Calibrate(work);

        internal double Measure(out double time)
        {
            time = Time(work, Count);
            return basis is null ? time : time / Time(basis, _basisCount);
        }
    }
}
