// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Reporting;

namespace FenceKit.Samples.Reclaim.Scenes;

/// <summary>What all scenes found.</summary>
internal sealed record ShowResult(
    string Backend, WithoutNotifierResult Without, WithFenceKitResult With, IReadOnlyList<SplitResult> Split, ReclaimResult Reclaim)
{
    /// <summary>What the run was to show and did not; empty when everything is as it should be.</summary>
    public IEnumerable<string> Failures()
    {
        if (Without.Stale == 0)
        {
            yield return "scene 1 found no stale read: the danger was not shown";
        }

        if (Without.StaleWhenPinnedAgain > 0)
        {
            yield return $"scene 1 found {Without.StaleWhenPinnedAgain} stale reads after pinning again";
        }

        if (With.Stale > 0)
        {
            yield return $"scene 2 found {With.Stale} stale pages in spite of FenceKit";
        }

        if (Reclaim.Corrupt > 0)
        {
            yield return $"scene 4 found {Reclaim.Corrupt} corrupt pages";
        }

        if (Reclaim.Reclaimer.Reclaimed == 0)
        {
            yield return "scene 4 reclaimed nothing";
        }
    }

    public RunReport ToReport() => new(
        Backend,
        StaleWithout: Without.Stale,
        StaleWith: With.Stale,
        Invalidations: With.Invalidations,
        Split: [.. Split.Select(static row => new SplitReport(
            row.Devices, Math.Round(row.Sequential.TotalMilliseconds, 2), Math.Round(row.Split.TotalMilliseconds, 2)))],
        new ReclaimReport(
            Reclaim.Ranges, Reclaim.Reclaimer.Reclaimed, Reclaim.Reclaimer.Skipped, Reclaim.Reclaimer.Waited, Reclaim.Corrupt));
}
