// SPDX-License-Identifier: MIT
using System.IO.MemoryMappedFiles;

namespace FenceKit.Samples.MappedStore.Store;

/// <summary>A mapped piece of the file and the raw pointer to it. After <see cref="Unmap"/> the pointer kills the process.</summary>
internal sealed unsafe class MappedSegment
{
    private readonly MemoryMappedViewAccessor _view;

    internal MappedSegment(DataFile file, int segment)
    {
        _view = file.View(segment);
        byte* pointer = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        Keys = (ulong*)(pointer + _view.PointerOffset);
    }

    internal ulong* Keys { get; }

    internal void Unmap()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
    }
}
