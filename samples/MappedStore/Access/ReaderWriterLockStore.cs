// SPDX-License-Identifier: MIT
using FenceKit.Samples.MappedStore.Store;

namespace FenceKit.Samples.MappedStore.Access;

/// <summary>Raw pointers under one reader-writer lock per segment.</summary>
internal readonly unsafe struct ReaderWriterLockStore : IStore
{
    private readonly DataFile _file;
    private readonly ReaderWriterLockSlim[] _locks;
    private readonly MappedSegment[] _segments;

    internal ReaderWriterLockStore(DataFile file)
    {
        _file = file;
        _locks = [.. Enumerable.Range(0, file.Segments).Select(static _ => new ReaderWriterLockSlim())];
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
        _locks[segment].EnterWriteLock();
        try
        {
            _segments[segment].Unmap();
            _segments[segment] = fresh;
        }
        finally
        {
            _locks[segment].ExitWriteLock();
        }
    }

    public void Close()
    {
        Array.ForEach(_segments, static segment => segment.Unmap());
        Array.ForEach(_locks, static gate => gate.Dispose());
    }

    private ulong Read(int segment, int index)
    {
        ReaderWriterLockSlim gate = _locks[segment];
        gate.EnterReadLock();
        try
        {
            return _segments[segment].Keys[index];
        }
        finally
        {
            gate.ExitReadLock();
        }
    }
}
