// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Devices;
using FenceKit.Samples.Reclaim.Memory;
using FenceKit.Samples.Reclaim.Owners;

namespace FenceKit.Samples.Reclaim.Scenes;

/// <summary>What scene 2 found.</summary>
/// <param name="Invalidations">Invalidations that caught requests in flight.</param>
/// <param name="AllInvalidations">All of them.</param>
/// <param name="Stale">Pages that showed something else than the file, to whichever of the three kinds of users.</param>
/// <param name="Reads">Reads by the ring device that were compared.</param>
/// <param name="Scans">Buffers that the slow device looked through.</param>
/// <param name="PagesRead">Pages that threads compared.</param>
internal sealed record WithFenceKitResult(
    long Invalidations, long AllInvalidations, long Stale, long Reads, long Scans, long PagesRead);

/// <summary>
/// Scene 2: the same device, the same discards behind its back, and a notifier in between. Nobody who uses the memory ever sees a page that
/// is not what the file says.
/// </summary>
internal static class WithFenceKit
{
    public const int Goal = 500;
    private const int Buffers = 8;
    private const int PagesPerBuffer = 64;
    private const int SlowBuffers = Buffers / 2; // a slow device sets the pace of whatever it uses
    private const int LongestInSlices = 4;
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_slowLatency = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_patienceWithAHang = TimeSpan.FromSeconds(2);

    public static WithFenceKitResult Run(SceneContext context)
    {
        using PageMemory memory = context.Backend.CreateMemory(Buffers, PagesPerBuffer);
        using var notifier = new InvalidationNotifier("scene 2");
        var frames = new FrameTable(memory, context.File);

        // Disposed in reverse: first those who take memory away, while the monitor still lets them go; then the monitor; then the users.
        using var readers = new MemoryReaders(threads: 2, memory, context.File, frames, notifier);
        TimeSpan latency = context.WithHang ? Timeout.InfiniteTimeSpan : s_slowLatency;
        using var slow = new SlowDevice(
            "slow device", latency, memory, context.File, frames, notifier, ..SlowBuffers, isScanning: true);
        using var ring = new RingDevice(context.Backend, memory, context.File, frames, notifier, keepFull: true);
        using IDiscardEvents events = context.Backend.Watch(memory);
        using var monitor = new DiscardMonitor(events, notifier, memory, frames, ring);
        TimeSpan patience = context.WithHang ? s_patienceWithAHang : s_patience;
        var trimmers = new Trimmers(threads: 4, memory, ring);
        using (var watchdog = new Watchdog(patience, () => trimmers.LongestHold, monitor.Abandon))
        using (trimmers)
        {
            while (!watchdog.HasBarked && !HasEnded(context, monitor))
            {
                Thread.Sleep(s_tick);
                context.ThrowIfCancelled();
                context.Report(
                    context.Elapsed, $"{monitor.CaughtInFlight} invalidations, {ring.Stale + slow.Stale + readers.Stale} stale");
            }
        }

        long stale = ring.Stale + slow.Stale + readers.Stale + CompareAll(memory, context.File, frames);
        return new WithFenceKitResult(
            monitor.CaughtInFlight, monitor.Invalidations, stale, ring.Reads, slow.Scans, readers.Pages);
    }

    /// <summary>Nobody discards any more: one last look at everything that claims to be there.</summary>
    private static long CompareAll(PageMemory memory, DataFile file, FrameTable frames)
    {
        var verifier = new PageVerifier(memory, file);
        long stale = 0;
        for (int buffer = 0; buffer < memory.Buffers; buffer++)
        {
            for (int page = 0; page < memory.PagesPerBuffer; page++)
            {
                stale += frames.TryGetBlock(buffer, page, out int block) && !verifier.Matches(buffer, page, block) ? 1 : 0;
            }
        }

        return stale;
    }

    /// <summary>The time is over; and if little was seen in it, because the machine is busy, some more time is over too.</summary>
    private static bool HasEnded(SceneContext context, DiscardMonitor monitor) =>
        context.Elapsed > (monitor.CaughtInFlight >= Goal && !context.WithHang ? 1 : LongestInSlices);
}
