// SPDX-License-Identifier: MIT
using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;

namespace FenceKit.Samples.Cluster;

/// <summary>
/// Memory that all processes of the sample share: the values ("the database"), what was committed, and the counts of every node. It is how a node can
/// know that what it served was old; the protocol knows nothing of it.
/// </summary>
internal sealed unsafe class Board : IDisposable
{
    internal const int Keys = 8;
    internal const int MostNodes = 8;

    private const int LongsOfANode = 16;
    private const int Length = ((4 * Keys) + (MostNodes * LongsOfANode)) * sizeof(long);

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

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private ref long At(int index) => ref Unsafe.AsRef<long>(_start + ((nint)index * sizeof(long)));
}
