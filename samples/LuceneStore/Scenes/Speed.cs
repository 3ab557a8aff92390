// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Samples.LuceneStore.Store;
using Lucene.Net.Index;
using Lucene.Net.Search;
using Lucene.Net.Store;

namespace FenceKit.Samples.LuceneStore.Scenes;

/// <summary>Searches a second of one kind, in each directory.</summary>
internal sealed record SpeedRow(string Search, double Gated, double Mapped, double FileStream, double Managed)
{
    internal double OverMapped => Gated / Mapped;

    internal double OverFileStream => Gated / FileStream;
}

/// <summary>The same searches in the same index, in turns: through the gate, through the directories that come with Lucene.NET, and in managed memory.</summary>
internal static class Speed
{
    private const int Rounds = 5; // the first is not counted: the compiler settles

    internal static List<SpeedRow> Measure(string path, TimeSpan duration, IProgress<double> progress)
    {
        using GatedDirectory gated = new(path);
        using MMapDirectory mapped = new(path);
        using NIOFSDirectory fileStream = new(path);
        using RAMDirectory managed = new(fileStream, IOContext.DEFAULT);
        using DirectoryReader first = DirectoryReader.Open(gated);
        using DirectoryReader second = DirectoryReader.Open(mapped);
        using DirectoryReader third = DirectoryReader.Open(fileStream);
        using DirectoryReader fourth = DirectoryReader.Open(managed);
        DirectoryReader[] readers = [first, second, third, fourth];

        Search[] kinds = Search.Kinds;
        double steps = Rounds * kinds.Length * readers.Length;
        double done = 0;
        var searches = new double[kinds.Length, readers.Length];
        for (int round = 0; round < Rounds; round++)
        {
            for (int kind = 0; kind < kinds.Length; kind++)
            {
                for (int reader = 0; reader < readers.Length; reader++)
                {
                    double inThisRound = Count(kinds[kind], new IndexSearcher(readers[reader]), duration / steps, round);
                    searches[kind, reader] += round == 0 ? 0 : inThisRound / (Rounds - 1);
                    progress.Report(++done / steps);
                }
            }
        }

        return [.. kinds.Select((kind, row) => new SpeedRow(kind.Name, searches[row, 0], searches[row, 1], searches[row, 2], searches[row, 3]))];
    }

    internal static double Mean(IEnumerable<double> ratios) => Math.Exp(ratios.Average(Math.Log));

    private static double Count(Search search, IndexSearcher searcher, TimeSpan duration, int round)
    {
        long searches = 0;
        long start = Stopwatch.GetTimestamp();
        Parallel.For(0, Environment.ProcessorCount, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, thread =>
        {
            var random = new Random((round * Environment.ProcessorCount) + thread); // the same searches in each directory
            long mine = 0;
            while (Stopwatch.GetElapsedTime(start) < duration)
            {
                search.Run(searcher, random);
                mine++;
            }

            Interlocked.Add(ref searches, mine);
        });
        return searches / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
