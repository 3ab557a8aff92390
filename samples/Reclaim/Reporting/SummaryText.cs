// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Scenes;

namespace FenceKit.Samples.Reclaim.Reporting;

/// <summary>The findings of each scene in words, the same for a terminal and for a pipe.</summary>
internal static class SummaryText
{
    public static IReadOnlyList<string>[] Of(ShowResult result) =>
        [Of(result.Without), Of(result.With), Of(result.Split), Of(result.Reclaim)];

    private static string[] Of(WithoutNotifierResult without) =>
    [
        $"{without.Stale} of {without.Reads} reads reported success and left stale data",
        $"{without.StaleWhenPinnedAgain} stale once the device was given the pages anew",
    ];

    private static string[] Of(WithFenceKitResult with) =>
    [
        $"{with.Invalidations} invalidations with requests in flight ({with.AllInvalidations} in all), {with.Stale} stale",
        $"compared with the file: {with.Reads} reads by the ring, {with.PagesRead} pages by threads,",
        $"{with.Scans} scans by the slow device",
    ];

    private static string[] Of(IReadOnlyList<SplitResult> split) =>
        [.. split.Select(static row =>
            $"{row.Devices} slow {(row.Devices == 1 ? "device: " : "devices:")} {row.Sequential.TotalMilliseconds,7:F0} ms one by one, "
            + $"{row.Split.TotalMilliseconds,5:F0} ms split: {row.Ratio:F1} times faster")];

    private static string[] Of(ReclaimResult reclaim) =>
    [
        $"{reclaim.Ranges} ranges wanted, {reclaim.Budget} allowed, 2 held for ever by a stuck device",
        $"{reclaim.Reclaimer.Reclaimed} reclaimed ({reclaim.Reclaimer.Waited} after a wait), {reclaim.Reclaimer.Skipped} skipped, "
            + $"{reclaim.Reclaimer.Retried} retried ({reclaim.Reclaimer.RetriesThatPaid} paid)",
        $"{reclaim.Loads} ranges came back, {reclaim.Corrupt} corrupt pages; longest pause {reclaim.LongestPause.TotalMilliseconds:F0} ms",
    ];
}
