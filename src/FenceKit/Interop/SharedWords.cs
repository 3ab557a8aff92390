// SPDX-License-Identifier: MIT
using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>A page of memory that several processes map, as words with atomic access. Unsafe by nature; everything unsafe about it is here.</summary>
internal sealed class SharedWords : IDisposable
{
    internal const int Bytes = 4096;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly nint _address;

    internal SharedWords(string path, bool create)
    {
        FileStreamOptions options = new()
        {
            Mode = create ? FileMode.CreateNew : FileMode.Open,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
        };
        FileStream stream = new(path, options);
        if (create)
        {
            stream.SetLength(Bytes);
        }
        else if (stream.Length != Bytes)
        {
            stream.Dispose();
            throw new InvalidDataException($"'{path}' is not a shared timeline: its size is wrong."); // touching beyond the end would kill the process
        }

        _file = MemoryMappedFile.CreateFromFile(stream, mapName: null, Bytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, Bytes, MemoryMappedFileAccess.ReadWrite);
        bool added = false;
        _view.SafeMemoryMappedViewHandle.DangerousAddRef(ref added); // until Dispose: the address stays valid as long as anybody may use it
        _address = _view.SafeMemoryMappedViewHandle.DangerousGetHandle() + (nint)_view.PointerOffset;
    }

    /// <summary>The address of a word of four bytes, for a futex.</summary>
    internal nint AddressOf(int offset) => _address + offset;

    internal ref ulong Long(int offset) => ref Unsafe.AddByteOffset(ref Unsafe.NullRef<ulong>(), _address + offset);

    internal ref int Int(int offset) => ref Unsafe.AddByteOffset(ref Unsafe.NullRef<int>(), _address + offset);

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.DangerousRelease();
        _view.Dispose();
        _file.Dispose();
    }
}
