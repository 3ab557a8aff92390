// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FenceKit;

/// <summary>A page of sealed memory that several processes map, accessed as words. All unsafe code of shared timelines is in this class.</summary>
/// <remarks>
/// Accessing a mapped page beyond the end of its file kills the process (SIGBUS), so nobody may be able to truncate the memory. It is a memfd
/// with seals against that, which its creator sets and a consumer requires. Since Linux 5.1 another seal allows only the creator to write.
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

    /// <summary>Maps a page of zeros, and seals it.</summary>
    internal static SharedWords Create(SafeFileHandle memory)
    {
        RandomAccess.SetLength(memory, Bytes);
        SharedWords words = new(memory, isWritable: true);

        // After the mapping, because SealFutureWrite forbids further writable mappings.
        if (LinuxNative.TrySeal(memory, Seals | LinuxNative.SealFutureWrite) || LinuxNative.TrySeal(memory, Seals))
        {
            return words;
        }

        words.Dispose();
        throw new IOException("The memory of a shared timeline could not be sealed.");
    }

    /// <summary>Maps a page of another process for reading.</summary>
    /// <exception cref="InvalidDataException">
    /// The memory is not sealed, or is not one page long: the other process could kill this one by truncating it.
    /// </exception>
    internal static SharedWords Open(SafeFileHandle memory)
    {
        long seals = LinuxNative.GetSeals(memory);
        if (seals < 0 || (seals & Seals) != Seals)
        {
            throw new InvalidDataException("This is not a shared timeline: it is not memory that nobody can shorten.");
        }

        // After the check of the seals, so that the length can no longer change. It also rules out memory in huge pages, which the kernel may
        // fail to supply.
        return RandomAccess.GetLength(memory) == Bytes
            ? new SharedWords(memory, isWritable: false)
            : throw new InvalidDataException("This is not a shared timeline: its size is wrong.");
    }

    /// <summary>Returns the address of a word of four bytes, for a futex.</summary>
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
