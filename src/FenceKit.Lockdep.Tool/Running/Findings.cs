// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Reports;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>What the processes of a run have written.</summary>
/// <param name="Report">All reports in one.</param>
/// <param name="HasHung">Whether a process was ended because it hung.</param>
/// <param name="Unfinished">How many processes took locks and did not come to write their last report.</param>
/// <param name="Problems">Reports that could not be read, and why.</param>
internal sealed record Findings(LockReport Report, bool HasHung, int Unfinished, IReadOnlyList<string> Problems)
{
    /// <summary>Reads a folder. What is not whole has another name, and is not looked at.</summary>
    public static Findings Read(string folder)
    {
        LockReport report = ReportReading.FromFolder(folder, out IReadOnlyList<string> problems);
        return new Findings(report, Directory.EnumerateFiles(folder, "hang-*.txt").Any(), Directory.EnumerateFiles(folder, "begun-*").Count(), problems);
    }

    /// <summary>How many processes have said anything so far: that they take locks, or that they came to their end without one.</summary>
    public static int CountHeard(string folder)
        => Directory.EnumerateFiles(folder, "*.json").Count() + Directory.EnumerateFiles(folder, "begun-*").Count() + Directory.EnumerateFiles(folder, "idle-*").Count();
}
