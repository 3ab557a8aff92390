// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Devices;
using FenceKit.Samples.Reclaim.Memory;
using FenceKit.Samples.Reclaim.Owners;

namespace FenceKit.Samples.Reclaim.Scenes;

/// <summary>What scene 4 found.</summary>
/// <param name="Ranges">Ranges that were wanted, one time or another.</param>
/// <param name="Budget">How many of them may be in memory at once.</param>
/// <param name="StuckRanges">How many of those a device never lets go of.</param>
/// <param name="Loads">How often a range came (back) from the file.</param>
/// <param name="Reclaimer">What the reclaimer did.</param>
/// <param name="Corrupt">Pages that came back and did not show the file.</param>
/// <param name="PeakPages">The most pages that took up memory at once, by the kernel's own count.</param>
/// <param name="AllowedPages">The most that were allowed to.</param>
/// <param name="LongestPause">The longest time without a range coming back.</param>
internal sealed record ReclaimResult(
    int Ranges,
    int Budget,
    int StuckRanges,
    long Loads,
    Reclaimer Reclaimer,
    long Corrupt,
    int PeakPages,
    int AllowedPages,
    TimeSpan LongestPause);

/// <summary>
/// Scene 4: more memory is wanted than allowed, and one device holds two ranges for ever. Reclaim goes round what is busy, comes back to it
/// later, and never stands still.
/// </summary>
internal static class ReclaimUnderBudget
{
    private const int Ranges = 48;
    private const int Budget = 24;
    private const int PagesPerRange = 16;
    private const int StuckRanges = 2;
    private static readonly TimeSpan s_loadLimit = TimeSpan.FromSeconds(10);

    public static ReclaimResult Run(SceneContext context)
    {
        using PageMemory memory = context.Backend.CreateMemory(Ranges, PagesPerRange);
        using var notifier = new InvalidationNotifier("scene 4");
        var frames = new FrameTable(memory, context.File);
        using var readers = new MemoryReaders(threads: 1, memory, context.File, frames, notifier);
        using SlowDevice slow = Plug("slow device", TimeSpan.FromMilliseconds(2), StuckRanges.., isScanning: true);
        using SlowDevice slower = Plug("slower device", TimeSpan.FromMilliseconds(5), StuckRanges.., isScanning: true);
        using SlowDevice stuck = Plug("stuck device", Timeout.InfiniteTimeSpan, ..StuckRanges, isScanning: false);
        using var ring = new RingDevice(context.Backend, memory, context.File, frames, notifier, keepFull: false);
        var demand = new Demand(context, memory, frames, ring, new Reclaimer(notifier, memory, frames));
        for (int range = 0; range < StuckRanges; range++)
        {
            demand.Want(range);
            stuck.Mappings[range].TryUse();
        }

        demand.RunToTheEnd();
        return demand.ToResult(readers.Stale + ring.Stale + slow.Stale + slower.Stale);

        SlowDevice Plug(string name, TimeSpan latency, Range ranges, bool isScanning) =>
            new(name, latency, memory, context.File, frames, notifier, ranges, isScanning);
    }

    /// <summary>Wants one range after the other, within the budget, and compares what comes.</summary>
    private sealed class Demand(SceneContext context, PageMemory memory, FrameTable frames, RingDevice ring, Reclaimer reclaimer)
    {
        private readonly PageVerifier _verifier = new(memory, context.File);
        private readonly Random _random = new(1);
        private readonly HashSet<int> _wanted = [];
        private long _loads;
        private long _corrupt;
        private int _peakPages;
        private TimeSpan _longestPause;
        private long _lastLoad = TimeProvider.System.GetTimestamp();

        public void RunToTheEnd()
        {
            while (context.Elapsed < 1)
            {
                context.ThrowIfCancelled();
                Want(_random.Next(Ranges));
                context.Report(
                    context.Elapsed, $"{reclaimer.Reclaimed} reclaimed, {reclaimer.Skipped} skipped, {_corrupt} corrupt");
            }
        }

        public void Want(int range)
        {
            _wanted.Add(range);
            if (frames.IsLoaded(range))
            {
                return;
            }

            while (reclaimer.Resident >= Budget && !reclaimer.TryMakeRoom())
            {
                context.ThrowIfCancelled();
            }

            Fence loaded = ring[range].Load();
            if (loaded.Wait(s_loadLimit) != FenceStatus.Signaled)
            {
                throw new IOException($"Range {range} did not come from the file: {loaded.Error?.Message ?? "the device is silent"}.");
            }

            reclaimer.Add(range);
            Compare(range);
            Measure();
        }

        public ReclaimResult ToResult(long staleElsewhere) => new(
            _wanted.Count,
            Budget,
            StuckRanges,
            _loads,
            reclaimer,
            _corrupt + staleElsewhere,
            _peakPages,
            Budget * memory.PagesPerBuffer,
            _longestPause);

        private void Compare(int range)
        {
            for (int page = 0; page < memory.PagesPerBuffer; page++)
            {
                _corrupt += frames.TryGetBlock(range, page, out int block) && _verifier.Matches(range, page, block) ? 0 : 1;
            }
        }

        private void Measure()
        {
            _loads++;
            _peakPages = Math.Max(_peakPages, Enumerable.Range(0, Ranges).Sum(memory.CountResident));
            long now = TimeProvider.System.GetTimestamp();
            TimeSpan pause = TimeProvider.System.GetElapsedTime(_lastLoad, now);
            _longestPause = pause > _longestPause ? pause : _longestPause;
            _lastLoad = now;
        }
    }
}
