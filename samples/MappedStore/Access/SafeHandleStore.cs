// SPDX-License-Identifier: MIT
using FenceKit.Samples.MappedStore.Store;
using Microsoft.Win32.SafeHandles;

namespace FenceKit.Samples.MappedStore.Access;

/// <summary>Raw pointers under one reference count per read.</summary>
internal readonly unsafe struct SafeHandleStore : IStore
{
    private readonly DataFile _file;
    private readonly SafeMemoryMappedViewHandle[] _segments;

    internal SafeHandleStore(DataFile file)
    {
        _file = file;
        _segments = [.. Enumerable.Range(0, file.Segments).Select(segment => file.View(segment).SafeMemoryMappedViewHandle)];
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
        SafeMemoryMappedViewHandle old = _segments[segment];
        Volatile.Write(ref _segments[segment], _file.View(segment).SafeMemoryMappedViewHandle);
        old.Dispose(); // the last reader unmaps
    }

    public void Close() => Array.ForEach(_segments, static handle => handle.Dispose());

    private ulong Read(int segment, int index)
    {
        while (true)
        {
            SafeMemoryMappedViewHandle handle = Volatile.Read(ref _segments[segment]);
            bool added = false;
            try
            {
                handle.DangerousAddRef(ref added);
                return ((ulong*)handle.DangerousGetHandle())[index];
            }
            catch (ObjectDisposedException)
            {
                // replaced between the look and the count: look again
            }
            finally
            {
                if (added)
                {
                    handle.DangerousRelease();
                }
            }
        }
    }
}
