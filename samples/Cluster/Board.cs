// SPDX-License-Identifier: MIT
using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;

namespace FenceKit.Samples.Cluster;

/// <summary>
/// Memory that all processes of the sample share: the values ("the database"), what was committed, and the counts of owner and nodes. It is how a node can
/// know that what it served was old; the protocol knows nothing of it.
/// </summary>
internal sealed unsafe class Board : IDisposable
{
    internal const int Keys = 8;
    internal const int MostNodes = 8;

    private const int LongsOfANode = 16;
    private const int LongsOfTheOwner = 256;
    private const int Length = ((4 * Keys) + (MostNodes * LongsOfANode) + LongsOfTheOwner) * sizeof(long);

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    internal Board(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, Length);
        _view = _file.CreateViewAccessor(0, Length);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    internal ref long Origin(int key) => ref At(key);

    internal ref long Committed(int key) => ref At(Keys + key);

    internal ref long PlainOrigin(int key) => ref At((2 * Keys) + key);

    internal ref long Of(int node, NodeCount count) => ref At((4 * Keys) + (node * LongsOfANode) + (int)count);

    internal ref long Of(OwnerCount count) => ref OfOwner((int)count);

    /// <summary>Notes how long an invalidation took.</summary>
    internal void AddTime(double microseconds)
    {
        int slot = Math.Clamp((int)Math.Ceiling(Math.Log(Math.Max(1, microseconds), Times.Step)), 0, Times.Slots - 1);
        OfOwner((int)OwnerCount.FirstOfTimes + slot)++;
        Of(OwnerCount.Longest) = Math.Max(Of(OwnerCount.Longest), (long)microseconds);
    }

    /// <summary>The time in milliseconds that a part of all invalidations did not exceed, to a tenth of it.</summary>
    internal double Percentile(double part)
    {
        long[] counts = [.. Enumerable.Range(0, Times.Slots).Select(slot => OfOwner((int)OwnerCount.FirstOfTimes + slot))];
        double wanted = counts.Sum() * part;
        int found = 0;
        for (double seen = counts[0]; seen < wanted && found < Times.Slots - 1; seen += counts[found])
        {
            found++;
        }

        return Math.Pow(Times.Step, found) / 1000;
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private ref long OfOwner(int index) => ref At((4 * Keys) + (MostNodes * LongsOfANode) + index);

    private ref long At(int index) => ref Unsafe.AsRef<long>(_start + ((nint)index * sizeof(long)));

    private static class Times
    {
        internal const double Step = 1.1;
        internal const int Slots = 200; // up to three minutes
    }
}
