// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit.Samples.VulkanDriver.Linux;

/// <summary>Memory that this process owns: whole blocks straight from mmap, which can be replaced by fresh ones one by one.</summary>
internal sealed unsafe partial class Pages : IDisposable
{
    private const int ReadWrite = 1 | 2;              // PROT_READ | PROT_WRITE
    private const int PrivateAnonymous = 0x02 | 0x20; // MAP_PRIVATE | MAP_ANONYMOUS
    private const int Fixed = 0x10;                   // MAP_FIXED
    private const nint Failed = -1;

    private readonly nint _mapping;
    private readonly nuint _mapped;

    /// <summary>Maps zeroed blocks, each beginning at a multiple of its size.</summary>
    internal Pages(int blocks, int blockSize)
    {
        BlockSize = blockSize;
        Length = blocks * blockSize;
        _mapped = (nuint)(Length + blockSize); // whatever the alignment of the mapping is, a multiple lies within
        _mapping = Check(Map(0, _mapped, ReadWrite, PrivateAnonymous, -1, 0));
        Address = (nint)(((nuint)_mapping + (nuint)blockSize - 1) / (nuint)blockSize * (nuint)blockSize);
    }

    internal int BlockSize { get; }

    internal int Length { get; }

    internal nint Address { get; }

    internal Span<byte> Bytes => new((void*)Address, Length);

    internal Span<uint> Words(int block) => new((void*)AddressOf(block), BlockSize / sizeof(uint));

    internal nint AddressOf(int block) => Address + ((nint)block * BlockSize);

    internal AddressRange RangeOf(int block) => AddressRange.FromLength((ulong)AddressOf(block), (ulong)BlockSize);

    /// <summary>Takes the pages of a block away and puts other ones, all zero, in their place: for a device that kept the old ones, a stranger's memory.</summary>
    internal void Replace(int block)
    {
        // One call, so that no other mapping of the process can slip in between.
        Check(Map(AddressOf(block), (nuint)BlockSize, ReadWrite, PrivateAnonymous | Fixed, -1, 0));
    }

    public void Dispose() => _ = Unmap(_mapping, _mapped);

    private static nint Check(nint address) =>
        address != Failed ? address : throw new IOException($"mmap: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);
}
