// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Reports;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>The output of the processes of a run.</summary>
/// <param name="Report">All reports, merged.</param>
/// <param name="HasHung">Whether a process was ended because of a deadlock.</param>
/// <param name="Unfinished">The number of processes that acquired locks and did not write their last report.</param>
/// <param name="Problems">The reports that could not be read, with the reason.</param>
internal sealed record Findings(LockReport Report, bool HasHung, int Unfinished, IReadOnlyList<string> Problems)
{
    /// <summary>Reads a folder. Incomplete files have other names, and are ignored.</summary>
    public static Findings Read(string folder)
    {
        LockReport report = ReportReading.FromFolder(folder, out IReadOnlyList<string> problems);
        return new Findings(report, Directory.EnumerateFiles(folder, "hang-*.txt").Any(), Directory.EnumerateFiles(folder, "begun-*").Count(), problems);
    }

    /// <summary>
    /// The number of processes that have left any mark so far: that they acquire locks, or that they ended without acquiring one.
    /// </summary>
    public static int CountHeard(string folder)
        => Directory.EnumerateFiles(folder, "*.json").Count() + Directory.EnumerateFiles(folder, "begun-*").Count() + Directory.EnumerateFiles(folder, "idle-*").Count();
}
