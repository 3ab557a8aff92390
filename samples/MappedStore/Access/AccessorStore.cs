// SPDX-License-Identifier: MIT
using System.IO.MemoryMappedFiles;
using FenceKit.Samples.MappedStore.Store;

namespace FenceKit.Samples.MappedStore.Access;

/// <summary>No pointers: the accessor of the BCL checks and counts on every read.</summary>
internal readonly struct AccessorStore : IStore
{
    private readonly DataFile _file;
    private readonly MemoryMappedViewAccessor[] _segments;

    internal AccessorStore(DataFile file)
    {
        _file = file;
        _segments = [.. Enumerable.Range(0, file.Segments).Select(file.View)];
    }

    public void Read(ReadOnlySpan<Lookup> lookups, Span<ulong> values)
    {
        for (int number = 0; number < lookups.Length; number++)
        {
            values[number] = Read(lookups[number].Segment, lookups[number].Index);
        }
    }

    public void Replace(int segment)
    {
        MemoryMappedViewAccessor old = _segments[segment];
        Volatile.Write(ref _segments[segment], _file.View(segment));
        old.Dispose();
    }

    public void Close() => Array.ForEach(_segments, static view => view.Dispose());

    private ulong Read(int segment, int index)
    {
        while (true)
        {
            try
            {
                return Volatile.Read(ref _segments[segment]).ReadUInt64((long)index * sizeof(ulong));
            }
            catch (ObjectDisposedException)
            {
                // replaced between the look and the read: look again
            }
        }
    }
}
