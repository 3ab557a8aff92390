// SPDX-License-Identifier: MIT
using FenceKit.Samples.MappedStore.Store;

namespace FenceKit.Samples.MappedStore.Access;

/// <summary>The same without the gate. Correct as long as nobody is unlucky; then the process is gone.</summary>
internal readonly unsafe struct NakedStore : IStore
{
    private readonly DataFile _file;
    private readonly MappedSegment[] _segments;

    internal NakedStore(DataFile file)
    {
        _file = file;
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
        MappedSegment old = _segments[segment];
        Volatile.Write(ref _segments[segment], new MappedSegment(_file, segment));
        old.Unmap();
    }

    public void Close()
    {
        // the process does not live to see it
    }

    private ulong Read(int segment, int index) => Volatile.Read(ref _segments[segment]).Keys[index];
}
