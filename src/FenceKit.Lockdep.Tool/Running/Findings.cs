// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Reports;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>What the processes of a run have written.</summary>
/// <param name="Report">All reports in one.</param>
/// <param name="HasHung">Whether a process was ended because it hung.</param>
/// <param name="HasAny">Whether a process has written anything.</param>
/// <param name="Problems">Reports that could not be read, and why.</param>
internal sealed record Findings(LockReport Report, bool HasHung, bool HasAny, IReadOnlyList<string> Problems)
{
    /// <summary>Reads a folder. What is not whole has another name, and is not looked at.</summary>
    public static Findings Read(string folder)
    {
        LockReport report = ReportReading.FromFolder(folder, out IReadOnlyList<string> problems);
        return new Findings(report, Directory.EnumerateFiles(folder, "hang-*.txt").Any(), Directory.EnumerateFiles(folder, "*.json").Any(), problems);
    }
}
