// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Samples.MappedStore.Access;
using FenceKit.Samples.MappedStore.Store;

namespace FenceKit.Samples.MappedStore.Scenes;

/// <summary>What a load did.</summary>
internal sealed record LoadResult(long Reads, long Wrong, long Replacements, double Seconds, double CloseMilliseconds);

/// <summary>Threads that look keys up, and one that replaces segments all the time.</summary>
internal static class Load
{
    // Most lookups hit a part of the store that fits into the caches, as they do in real life; otherwise all rows would measure memory.
    private const int HotKeys = 4096;
    private const int ColdOneIn = 64;
    private const int ReadsBetweenLooks = 1024;

    internal static LoadResult Run<TStore>(TStore store, int segments, int threads, TimeSpan duration, TimeSpan pause)
        where TStore : struct, IStore
    {
        bool stop = false;
        long reads = 0;
        long wrong = 0;
        Thread[] readers = [.. Enumerable.Range(1, threads).Select(seed => new Thread(() =>
        {
            (long mine, long bad) = ReadUntil(store, segments, (ulong)seed, ref stop);
            Interlocked.Add(ref reads, mine);
            Interlocked.Add(ref wrong, bad);
        }) { Name = $"reader {seed}", IsBackground = true })];
        Array.ForEach(readers, static reader => reader.Start());

        var random = new Random(42);
        long start = Stopwatch.GetTimestamp();
        TimeSpan closing = TimeSpan.Zero;
        long replacements = 0;
        try
        {
            while (Stopwatch.GetElapsedTime(start) < duration)
            {
                int segment = random.Next(segments);
                long before = Stopwatch.GetTimestamp();
                store.Replace(segment);
                closing += Stopwatch.GetElapsedTime(before);
                replacements++;
                if (pause > TimeSpan.Zero)
                {
                    Thread.Sleep(pause);
                }
            }
        }
        finally
        {
            Volatile.Write(ref stop, true);
            Array.ForEach(readers, static reader => reader.Join());
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new LoadResult(reads, wrong, replacements, seconds, closing.TotalMilliseconds / Math.Max(1, replacements));
    }

    private static (long Reads, long Wrong) ReadUntil<TStore>(TStore store, int segments, ulong seed, ref bool stop)
        where TStore : struct, IStore
    {
        ulong random = seed * 0x9E3779B97F4A7C15;
        var lookups = new Lookup[ReadsBetweenLooks];
        var values = new ulong[ReadsBetweenLooks];
        long reads = 0;
        long wrong = 0;
        while (!Volatile.Read(ref stop))
        {
            for (int number = 0; number < lookups.Length; number++)
            {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                int keys = number % ColdOneIn == 0 ? DataFile.KeysPerSegment : HotKeys;
                lookups[number] = new Lookup((int)((uint)random % (uint)segments), (int)(random >> 40) & (keys - 1));
            }

            store.Read(lookups, values);
            for (int number = 0; number < lookups.Length; number++)
            {
                ulong key = ((ulong)lookups[number].Segment * DataFile.KeysPerSegment) + (ulong)lookups[number].Index;
                wrong += values[number] == DataFile.ValueOf(key) ? 0 : 1;
            }

            reads += lookups.Length;
        }

        return (reads, wrong);
    }
}
