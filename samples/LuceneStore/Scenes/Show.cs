// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using FenceKit.Samples.LuceneStore.Store;
using Lucene.Net.Index;
using Spectre.Console;

namespace FenceKit.Samples.LuceneStore.Scenes;

/// <summary>The whole run: what the gate costs, and what it saves.</summary>
internal static class Show
{
    private const int StockShare = 6; // of the time for misuse

    internal static int Run(TimeSpan duration, int documents, FileInfo? json)
    {
        string path = IndexOf(documents);
        List<SpeedRow> rows = Terminal.Watch("searching, side by side", progress => Speed.Measure(path, duration / 2, progress));
        AnsiConsole.Write(Draw(rows));

        TimeSpan misuse = duration / 2;
        string stock = Terminal.Watch("misuse of MMapDirectory, in a child process", _ => StockChild.Watch(misuse / StockShare));
        AnsiConsole.MarkupLineInterpolated($"readers disposed of while they are searched, MMapDirectory: {stock}");
        (ChurnResult result, long unmapped, int stillMapped) =
            Terminal.Watch("misuse of GatedDirectory", progress => Misuse(misuse - (misuse / StockShare), progress));
        AnsiConsole.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"the same, GatedDirectory: [bold]{result.Searches:N0}[/] searches, {result.Commits:N0} commits, {result.Swaps:N0} readers swapped, {unmapped:N0} files unmapped");
        AnsiConsole.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"  {result.Refused:N0} refused by ObjectDisposedException, {result.RefusedThoughHeld} though held, {result.BrokenInLucene} met null in a closed reader of Lucene, {result.Unclean.Values.Sum()} failed in other ways, {stillMapped} files left over");
        foreach ((string what, long times) in result.Unclean)
        {
            AnsiConsole.MarkupLineInterpolated($"  [red]{times} times[/] {what}");
        }

        Report report = new(rows, Speed.Mean(rows.Select(static row => row.OverMapped)), Speed.Mean(rows.Select(static row => row.OverFileStream)), result, unmapped, stillMapped, stock);
        AnsiConsole.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"[bold]{(report.IsGood ? "no crash and nothing unclean" : "NOT clean")}[/]; {report.OverMapped:0.0} times the searches of MMapDirectory, {report.OverFileStream:0.0} times those of NIOFSDirectory");
        if (json is not null)
        {
            File.WriteAllText(json.FullName, report.ToJson() + Environment.NewLine);
        }

        return report.IsGood ? SampleCommand.Good : SampleCommand.Bad;
    }

    /// <summary>An index that lives as long as the scene.</summary>
    internal static (ChurnResult Result, long Unmapped, int StillMapped) Misuse(TimeSpan duration, IProgress<double> progress)
    {
        string path = Directory.CreateTempSubdirectory("fencekit-lucenestore-").FullName;
        try
        {
            using GatedDirectory directory = new(path);
            ChurnResult result = new Churn(directory).Run(duration, progress);
            return (result, directory.UnmappedFiles, directory.MappedFiles);
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    /// <summary>The index of that size in the temp folder; written if it is not there yet.</summary>
    private static string IndexOf(int documents)
    {
        string path = Path.Combine(Path.GetTempPath(), $"fencekit-lucenestore-{documents}.index");
        if (Directory.Exists(path))
        {
            return path;
        }

        return Terminal.Watch("writing the index", progress =>
        {
            string unfinished = $"{path}.{Environment.ProcessId}"; // so that a run that is interrupted leaves no half index
            long start = Stopwatch.GetTimestamp();
            using (GatedDirectory directory = new(unfinished))
            using (IndexWriter writer = Corpus.Write(directory))
            {
                for (int number = 0; number < documents; number++)
                {
                    writer.AddDocument(Corpus.DocumentOf(number));
                    progress.Report((double)number / documents);
                }
            }

            Directory.Move(unfinished, path);
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"{documents:N0} documents written in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s: {path}");
            return path;
        });
    }

    private static Table Draw(List<SpeedRow> rows)
    {
        Table table = new Table { Caption = new TableTitle("searches a second; RAMDirectory is a copy in managed memory that nobody can take away") }
            .AddColumns("", "gated", "MMapDirectory", "NIOFSDirectory", "RAMDirectory", "÷ MMap", "÷ NIOFS");
        foreach (SpeedRow row in rows)
        {
            table.AddRow([row.Search, .. ((double[])[row.Gated, row.Mapped, row.FileStream, row.Managed]).Select(static value => value.ToString("N0", CultureInfo.InvariantCulture)),
                .. ((double[])[row.OverMapped, row.OverFileStream]).Select(static value => value.ToString("0.0", CultureInfo.InvariantCulture))]);
        }

        for (int column = 1; column < table.Columns.Count; column++)
        {
            table.Columns[column].RightAligned();
        }

        return table;
    }
}
