// SPDX-License-Identifier: MIT
using static Tmds.Linux.LibC;

namespace FenceKit.Samples.CustomDriver.Linux;

/// <summary>Whole pages straight from mmap, so that they can be pinned.</summary>
internal sealed unsafe class PageBuffer : IDisposable
{
    private readonly nint _start;

    internal PageBuffer(int length)
    {
        Length = length;
        _start = (nint)Kernel.Check(mmap(null, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), "mmap");
    }

    internal int Length { get; }

    internal nint Address => _start;

    internal Span<byte> Bytes => new((void*)_start, Length);

    internal AddressRange RangeOf(int offset, int length) => AddressRange.FromLength((ulong)_start + (ulong)offset, (ulong)length);

    public void Dispose() => _ = munmap((void*)_start, Length);
}
