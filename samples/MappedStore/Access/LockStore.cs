// SPDX-License-Identifier: MIT
using FenceKit.Samples.MappedStore.Store;

namespace FenceKit.Samples.MappedStore.Access;

/// <summary>Raw pointers under one lock per segment.</summary>
internal readonly unsafe struct LockStore : IStore
{
    private readonly DataFile _file;
    private readonly object[] _locks;
    private readonly MappedSegment[] _segments;

    internal LockStore(DataFile file)
    {
        _file = file;
        _locks = [.. Enumerable.Range(0, file.Segments).Select(static _ => new object())];
        _segments = [.. Enumerable.Range(0, file.Segments).Select(segment => new MappedSegment(file, segment))];
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
        MappedSegment fresh = new(_file, segment);
        lock (_locks[segment])
        {
            _segments[segment].Unmap();
            _segments[segment] = fresh;
        }
    }

    public void Close() => Array.ForEach(_segments, static segment => segment.Unmap());

    private ulong Read(int segment, int index)
    {
        lock (_locks[segment])
        {
            return _segments[segment].Keys[index];
        }
    }
}
