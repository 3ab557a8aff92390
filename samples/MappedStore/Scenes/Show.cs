// SPDX-License-Identifier: MIT
using System.Globalization;
using FenceKit.Samples.MappedStore.Access;
using FenceKit.Samples.MappedStore.Cli;
using FenceKit.Samples.MappedStore.Store;
using Spectre.Console;

namespace FenceKit.Samples.MappedStore.Scenes;

/// <summary>The whole run: the store that dies, the store that does not, and what safety costs.</summary>
internal static class Show
{
    private const int SoakReaders = 4;
    private const int SoakShare = 6;      // a sixth of the time
    private const int WarmUpShare = 3;    // of what a row takes
    private static readonly int[] s_threads = [1, 2, 4];
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(1);

    internal static int Run(RunOptions options)
    {
        using DataFile file = DataFile.Open(options.Megabytes);
        AnsiConsole.MarkupLineInterpolated($"[bold]{file.Segments}[/] segments of {DataFile.SegmentBytes >> 20} MB in {file.Path}");
        (bool died, string how) = UnsafeChild.Watch(options.Megabytes);
        AnsiConsole.MarkupLineInterpolated($"without the gate, in a child process: [bold]{(died ? "died" : "survived")}[/], {how}");
        if (options.OnlyUnsafe)
        {
            return died ? SampleCommand.Good : SampleCommand.Bad;
        }

        // Continuous replacement, without a pause: as many closes as the machine can do.
        GateStore gate = new(file);
        LoadResult soak = Load.Run(gate, file.Segments, SoakReaders, options.Duration / SoakShare, TimeSpan.Zero);
        gate.Close();
        AnsiConsole.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"with the gate: [bold]survived[/] {soak.Reads:N0} reads and {soak.Replacements:N0} replacements, {soak.Wrong} wrong");

        TimeSpan rest = options.Duration - (options.Duration / SoakShare);
        (List<Row> rows, long wrong) = Terminal.Watch("measuring", progress => Measure(file, rest, progress));
        AnsiConsole.Write(Draw(rows));
        Report report = new(died, GateSurvived: soak.Wrong == 0, soak.Reads, soak.Replacements, soak.Wrong + wrong, rows);
        if (options.Json is not null)
        {
            File.WriteAllText(options.Json.FullName, report.ToJson() + Environment.NewLine);
        }

        bool isGood = report is { UnsafeDied: true, GateSurvived: true, Wrong: 0 };
        AnsiConsole.MarkupLineInterpolated(
            $"[bold]{(isGood ? "As promised" : "Not as promised")}[/]: without the gate it {(died ? "died" : "survived")}, with it {report.Wrong:N0} of all reads were wrong.");
        return isGood ? SampleCommand.Good : SampleCommand.Bad;
    }

    private static (List<Row> Rows, long Wrong) Measure(DataFile file, TimeSpan duration, IProgress<double> progress)
    {
        List<Row> rows = [];
        long bad = 0;
        TimeSpan each = duration / (6 * s_threads.Length);
        foreach (int threads in s_threads)
        {
            Add("ReaderGate", new GateStore(file), threads);
            Add("SafeHandle", new SafeHandleStore(file), threads);
            Add("lock", new LockStore(file), threads);
            Add("ReaderWriterLockSlim", new ReaderWriterLockStore(file), threads);
            Add("MemoryMappedViewAccessor", new AccessorStore(file), threads);
            Add("RandomAccess", new FileStore(file), threads);
        }

        return (rows, bad);

        void Add<TStore>(string name, TStore store, int threads)
            where TStore : struct, IStore
        {
            if (threads == s_threads[0])
            {
                // Until the compiler has settled: each store is code of its own.
                bad += Load.Run(store, file.Segments, threads, each / WarmUpShare, s_pause).Wrong;
            }

            LoadResult result = Load.Run(store, file.Segments, threads, each, s_pause);
            store.Close();
            bad += result.Wrong;
            rows.Add(new Row(name, threads, result.Reads / result.Seconds, result.CloseMilliseconds));
            progress.Report(rows.Count / (6.0 * s_threads.Length));
        }
    }

    private static Table Draw(List<Row> rows)
    {
        Table table = new Table().AddColumns("", "threads", "reads/s", "of ReaderGate", "close, ms");
        foreach (Row row in rows)
        {
            double best = rows.First(other => other.Threads == row.Threads).ReadsPerSecond;
            table.AddRow(
                row.Name,
                row.Threads.ToString(CultureInfo.InvariantCulture),
                row.ReadsPerSecond.ToString("N0", CultureInfo.InvariantCulture),
                (row.ReadsPerSecond / best).ToString("0.00", CultureInfo.InvariantCulture),
                row.CloseMs.ToString("0.000", CultureInfo.InvariantCulture));
        }

        foreach (int column in (int[])[1, 2, 3, 4])
        {
            table.Columns[column].RightAligned();
        }

        return table;
    }
}
