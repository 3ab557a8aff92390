// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Devices;
using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Scenes;

/// <summary>One row of scene 3: what one invalidation takes, by the median of all rounds.</summary>
internal sealed record SplitResult(int Devices, TimeSpan Sequential, TimeSpan Split)
{
    public double Ratio => Sequential / Split;
}

/// <summary>
/// Scene 3: the same invalidations through n slow devices. One after the other they take the sum of all latencies; in split phases every
/// device has begun before anybody waits, and they take the longest.
/// </summary>
internal static class SequentialOrSplit
{
    private static readonly int[] s_deviceCounts = [1, 2, 4, 8];
    private static readonly TimeSpan s_latency = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(10);

    public static IReadOnlyList<SplitResult> Run(SceneContext context)
    {
        using PageMemory memory = context.Backend.CreateMemory(buffers: 1, pagesPerBuffer: 16);
        int rounds = ChooseRounds(context.Duration);
        var results = new List<SplitResult>();
        foreach (int devices in s_deviceCounts)
        {
            SplitResult result = Measure(context, memory, devices, rounds);
            results.Add(result);
            context.Report((double)results.Count / s_deviceCounts.Length, $"{devices} slow: {result.Ratio:F1} times faster split");
        }

        return results;
    }

    private static SplitResult Measure(SceneContext context, PageMemory memory, int count, int rounds)
    {
        var frames = new FrameTable(memory, context.File);

        // Sequential notifiers: each device behind a notifier of its own, as if the next were called when the last has finished.
        InvalidationNotifier[] ones = [.. Enumerable.Range(0, count).Select(static i => new InvalidationNotifier($"only device {i}"))];

        // Split phases: one notifier, one schedule, one wait.
        using var all = new InvalidationNotifier("all devices");
        SlowDevice[] devices = [.. ones.Select(
            (one, i) => new SlowDevice($"device {i}", s_latency, memory, context.File, frames, one, buffers: .., isScanning: false))];
        try
        {
            TimeSpan sequential = Time(context, memory, devices, rounds, ones);
            Array.ForEach(devices, device => device.AttachTo(all));
            TimeSpan split = Time(context, memory, devices, rounds, [all]);
            return new SplitResult(count, sequential, split);
        }
        finally
        {
            Array.ForEach(devices, static device => device.Dispose());
            Array.ForEach(ones, static one => one.Dispose());
        }
    }

    /// <summary>The time from the first schedule to the last fence. Mapping again before each round does not count.</summary>
    private static TimeSpan Time(
        SceneContext context, PageMemory memory, SlowDevice[] devices, int rounds, InvalidationNotifier[] notifiers)
    {
        var times = new TimeSpan[rounds];
        for (int round = 0; round < rounds; round++)
        {
            context.ThrowIfCancelled();
            if (!Array.TrueForAll(devices, static device => device.Mappings[0].TryUse()))
            {
                throw new InvalidOperationException("A device could not map a range that nobody was invalidating.");
            }

            long began = TimeProvider.System.GetTimestamp();
            foreach (InvalidationNotifier notifier in notifiers)
            {
                Invalidate(notifier, memory.RangeOf(0));
            }

            times[round] = TimeProvider.System.GetElapsedTime(began);
        }

        // Not the mean: on a busy machine one late timer would decide it.
        Array.Sort(times);
        return times[rounds / 2];
    }

    /// <summary>The three phases in one call. There is nothing to unmap here: only the waiting is measured.</summary>
    private static void Invalidate(InvalidationNotifier notifier, AddressRange range)
    {
        InvalidationOutcome outcome = notifier.Invalidate(
            range, InvalidationReason.Unmap, state: 0, whileWaiting: null, free: static (_, _) => { }, s_budget);
        if (outcome != InvalidationOutcome.Completed)
        {
            throw new TimeoutException($"A slow device did not let go in time: {outcome}.");
        }
    }

    private static int ChooseRounds(TimeSpan duration)
    {
        int latencies = s_deviceCounts.Sum() + s_deviceCounts.Length;
        return Math.Clamp((int)(duration / (s_latency * latencies)), 3, 25);
    }
}
