// SPDX-License-Identifier: MIT
using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;

namespace FenceKit.Samples.LuceneStore.Store;

/// <summary>One file of the index in memory. The raw pointer stays in here, and is followed only inside the gate.</summary>
internal sealed unsafe class MappedFile
{
    private const nint Closed = 0;
    private const nint NothingToRead = 1; // an empty file cannot be mapped, and no read gets past its length

    private readonly ReaderGate _gate;
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private nint _address;

    internal MappedFile(string path, AddressRange range, ReaderGate gate)
    {
        Path = path;
        Range = range;
        _gate = gate;
        _address = NothingToRead;
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Length = stream.Length;
        if (Length > 0)
        {
            byte* bytes = null;
            _map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            _view = _map.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref bytes);
            _address = (nint)(bytes + _view.PointerOffset);
        }
    }

    internal string Path { get; }

    /// <summary>By which the notifier knows the file. A new file never has the range of an old one.</summary>
    internal AddressRange Range { get; }

    internal long Length { get; }

    internal bool IsClosed => Volatile.Read(ref _address) == Closed;

    /// <summary>Copies from the file, on any thread, while any other thread may close it.</summary>
    /// <returns>False when the file is closed.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryRead(long position, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)position, (ulong)(Length - destination.Length), nameof(position));
        using (_gate.Enter())
        {
            nint address = Volatile.Read(ref _address); // inside the gate, and never outside: pairs with the exchange in TryClose
            if (address == Closed)
            {
                return false;
            }

            new ReadOnlySpan<byte>((byte*)address + position, destination.Length).CopyTo(destination);
            return true;
        }
    }

    /// <summary>Puts the bytes out of reach of readers that come from now on. Those who are inside may still be reading.</summary>
    /// <returns>Whether this call did it.</returns>
    internal bool TryClose() => Interlocked.Exchange(ref _address, Closed) != Closed;

    /// <summary>After this a read would end the process, so nobody may be inside the gate with the address of old.</summary>
    internal void Unmap()
    {
        _view?.SafeMemoryMappedViewHandle.ReleasePointer();
        _view?.Dispose();
        _map?.Dispose();
    }
}
