// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Reports;

/// <summary>Reads reports from files: one, several, or all that the processes of a run have written to a folder.</summary>
internal static class ReportReading
{
    /// <exception cref="ToolException">The file cannot be read, or is not a report.</exception>
    public static RunReport FromFile(string path)
    {
        string text = ReportFiles.Read(path);
        try
        {
            return RunReport.Parse(text);
        }
        catch (FormatException error)
        {
            throw new ToolException($"{path}: {error.Message}", error);
        }
    }

    /// <summary>Merges the reports of several files. Only a single file keeps the facts of its run.</summary>
    /// <exception cref="ToolException">A file cannot be read, or is not a report.</exception>
    public static RunReport FromFiles(IReadOnlyList<string> paths) => paths.Count == 1
        ? FromFile(paths[0])
        : new RunReport(LockReport.Merge(paths.Select(static path => FromFile(path).Locks)), null);

    /// <summary>
    /// Merges the reports of the processes of a run. A file that is not a report is listed in <paramref name="problems"/>; the others
    /// count.
    /// </summary>
    /// <param name="folder">The folder; every file *.json in it is the report of one process.</param>
    /// <param name="problems">The files that could not be read, one sentence each.</param>
    public static LockReport FromFolder(string folder, out IReadOnlyList<string> problems)
    {
        var reports = new List<LockReport>();
        var unread = new List<string>();
        foreach (string path in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            try
            {
                reports.Add(FromFile(path).Locks);
            }
            catch (ToolException error)
            {
                unread.Add(error.Message);
            }
        }

        problems = unread;
        return LockReport.Merge(reports);
    }
}
