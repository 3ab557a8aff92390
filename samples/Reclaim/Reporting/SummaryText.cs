// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Scenes;

namespace FenceKit.Samples.Reclaim.Reporting;

/// <summary>
/// The findings of each scene, in lines short enough for a table on a terminal of 80 columns. What matters is marked up; where there are no
/// colors the marks are taken off.
/// </summary>
internal static class SummaryText
{
    public static IReadOnlyList<string>[] Of(ShowResult result) =>
        [Of(result.Without), Of(result.With), Of(result.Split), Of(result.Reclaim)];

    private static string[] Of(WithoutNotifierResult without) =>
    [
        $"{Mark("red", $"{without.Stale:N0} stale")} of {without.Reads:N0} reads that reported success",
        $"{without.StaleWhenPinnedAgain:N0} stale once the device had pinned again",
    ];

    private static string[] Of(WithFenceKitResult with) =>
    [
        $"{MarkZero(with.Stale, "stale")} in {with.Invalidations:N0} invalidations with reads in flight",
        $"{with.AllInvalidations:N0} invalidations in all; compared with the file:",
        $"{with.Reads:N0} device reads, {with.Scans:N0} scans, {with.PagesRead:N0} CPU reads",
    ];

    private static string[] Of(IReadOnlyList<SplitResult> split) =>
    [
        "slow devices   one by one        split     ratio",
        .. split.Select(static row =>
            $"{row.Devices,12}{row.Sequential.TotalMilliseconds,10:F1} ms{row.Split.TotalMilliseconds,10:F1} ms"
            + $"{Mark("aqua", $"{row.Ratio,10:F1}")}"),
    ];

    private static string[] Of(ReclaimResult reclaim) =>
    [
        $"{reclaim.Ranges} ranges wanted, {reclaim.Budget} fit, {reclaim.StuckRanges} of them stuck for ever",
        $"{reclaim.Reclaimer.Reclaimed:N0} reclaimed, {reclaim.Reclaimer.Waited:N0} of them after a short wait",
        $"{reclaim.Reclaimer.Skipped:N0} skipped, {reclaim.Reclaimer.Retried:N0} retried",
        $"{MarkZero(reclaim.Corrupt, "corrupt")} in {reclaim.Loads:N0} ranges that came back",
        $"peak {reclaim.PeakPages} of {reclaim.AllowedPages} pages, longest pause {reclaim.LongestPause.TotalMilliseconds:F0} ms",
    ];

    private static string MarkZero(long count, string what) => Mark(count == 0 ? "green" : "red", $"{count:N0} {what}");

    private static string Mark(string color, string text) => $"[bold {color}]{text}[/]";
}
