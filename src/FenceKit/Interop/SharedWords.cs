// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FenceKit;

/// <summary>
/// A page of sealed memory that several processes map, as words with atomic access. Unsafe by nature; everything unsafe about it is here.
/// </summary>
/// <remarks>
/// Touching memory beyond the end of what it maps ends a process (SIGBUS), so nobody may be able to shorten it: it is a memfd with seals,
/// which its owner sets and a reader insists on. Where the kernel knows that seal (Linux 5.1), only its maker can ever write to it.
/// </remarks>
internal sealed class SharedWords : IDisposable
{
    internal const int Bytes = 4096;
    internal const int Seals = LinuxNative.SealShrink | LinuxNative.SealGrow | LinuxNative.SealSeal;

    private readonly Mapping _mapping;
    private readonly nint _address; // valid until Dispose

    private SharedWords(SafeFileHandle memory, bool isWritable)
    {
        _mapping = new Mapping(LinuxNative.Map(memory, Bytes, isWritable));
        _address = _mapping.DangerousGetHandle();
    }

    /// <summary>Makes and maps a page of zeros, and seals it.</summary>
    internal static SharedWords Create(SafeFileHandle memory)
    {
        RandomAccess.SetLength(memory, Bytes);
        SharedWords words = new(memory, isWritable: true);

        // After mapping it: the first of the two forbids to map it for writing once more.
        if (LinuxNative.TrySeal(memory, Seals | LinuxNative.SealFutureWrite) || LinuxNative.TrySeal(memory, Seals))
        {
            return words;
        }

        words.Dispose();
        throw new IOException("The memory of a shared timeline could not be sealed.");
    }

    /// <summary>Maps a page that another process made, for reading.</summary>
    /// <exception cref="InvalidDataException">It is not sealed, or not a page: the peer could end this process by shortening it.</exception>
    internal static SharedWords Open(SafeFileHandle memory)
    {
        long seals = LinuxNative.GetSeals(memory);
        if (seals < 0 || (seals & Seals) != Seals)
        {
            throw new InvalidDataException("This is not a shared timeline: it is not memory that nobody can shorten.");
        }

        // After the seals: from here on the length is what it is. Huge pages, which the kernel may fail to provide, cannot have it.
        return RandomAccess.GetLength(memory) == Bytes
            ? new SharedWords(memory, isWritable: false)
            : throw new InvalidDataException("This is not a shared timeline: its size is wrong.");
    }

    /// <summary>The address of a word of four bytes, for a futex.</summary>
    internal nint AddressOf(int offset) => _address + offset;

    internal ref ulong Long(int offset) => ref Unsafe.AddByteOffset(ref Unsafe.NullRef<ulong>(), _address + offset);

    internal ref int Int(int offset) => ref Unsafe.AddByteOffset(ref Unsafe.NullRef<int>(), _address + offset);

    internal Span<byte> BytesAt(int offset, int length) =>
        MemoryMarshal.CreateSpan(ref Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), _address + offset), length);

    public void Dispose() => _mapping.Dispose();

    private sealed class Mapping : SafeHandleZeroOrMinusOneIsInvalid
    {
        internal Mapping(nint address)
            : base(ownsHandle: true)
        {
            SetHandle(address);
        }

        protected override bool ReleaseHandle() => LinuxNative.Unmap(handle, Bytes);
    }
}
