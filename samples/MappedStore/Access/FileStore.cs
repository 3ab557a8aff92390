// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using FenceKit.Samples.MappedStore.Store;
using Microsoft.Win32.SafeHandles;

namespace FenceKit.Samples.MappedStore.Access;

/// <summary>No mapping at all: one system call per read.</summary>
internal readonly struct FileStore : IStore
{
    private readonly DataFile _file;
    private readonly SafeFileHandle[] _segments;

    internal FileStore(DataFile file)
    {
        _file = file;
        _segments = [.. Enumerable.Range(0, file.Segments).Select(_ => File.OpenHandle(file.Path))];
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
        SafeFileHandle old = _segments[segment];
        Volatile.Write(ref _segments[segment], File.OpenHandle(_file.Path));
        old.Dispose();
    }

    public void Close() => Array.ForEach(_segments, static handle => handle.Dispose());

    private ulong Read(int segment, int index)
    {
        ulong value = 0;
        while (true)
        {
            try
            {
                RandomAccess.Read(
                    Volatile.Read(ref _segments[segment]),
                    MemoryMarshal.AsBytes(new Span<ulong>(ref value)),
                    ((long)segment * DataFile.SegmentBytes) + ((long)index * sizeof(ulong)));
                return value;
            }
            catch (ObjectDisposedException)
            {
                // replaced between the look and the read: look again
            }
        }
    }
}
