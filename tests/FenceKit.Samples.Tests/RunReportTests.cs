// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Reporting;

namespace FenceKit.Samples.Tests;

/// <summary>The form that other programs read, to the letter.</summary>
public sealed class RunReportTests
{
    [Fact]
    public void ToJson_IsInTheAgreedForm()
    {
        var report = new RunReport(
            "userfaultfd+io_uring",
            StaleWithout: 256,
            StaleWith: 0,
            Invalidations: 500,
            [new SplitReport(Devices: 8, SequentialMs: 96.12, SplitMs: 12.5)],
            new ReclaimReport(Ranges: 48, Reclaimed: 7, Skipped: 6, Waited: 5, Corrupt: 0));

        Assert.Equal(
            """
            {
              "backend": "userfaultfd+io_uring",
              "staleWithout": 256,
              "staleWith": 0,
              "invalidations": 500,
              "split": [
                {
                  "devices": 8,
                  "sequentialMs": 96.12,
                  "splitMs": 12.5
                }
              ],
              "reclaim": {
                "ranges": 48,
                "reclaimed": 7,
                "skipped": 6,
                "waited": 5,
                "corrupt": 0
              }
            }
            """,
            report.ToJson(),
            ignoreLineEndingDifferences: true);
    }
}
