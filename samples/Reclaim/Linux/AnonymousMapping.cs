// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Reclaim.Linux;

/// <summary>Private anonymous memory straight from mmap: the kind that the kernel can take away page by page.</summary>
/// <remarks>Every access is checked against the length here, so that nobody else needs a pointer.</remarks>
internal sealed unsafe class AnonymousMapping : IDisposable
{
    private const int ReadWrite = 1 | 2;               // PROT_READ | PROT_WRITE
    private const int PrivateAnonymous = 0x02 | 0x20;  // MAP_PRIVATE | MAP_ANONYMOUS
    private const int AdviceDontNeed = 4;
    private const int AdviceNoHugePage = 15;

    private nint _start;

    public AnonymousMapping(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        if (length % Environment.SystemPageSize != 0)
        {
            throw new ArgumentException("A mapping consists of whole pages.", nameof(length));
        }

        Length = length;
        _start = LinuxCalls.MapMemory(0, (nuint)length, ReadWrite, PrivateAnonymous, descriptor: -1, offset: 0);
        if (_start == -1)
        {
            throw LinuxException.ForLastCall("mmap");
        }

        // One huge page would make the pages of a buffer come and go together. Kernels without huge pages refuse the advice; so be it.
        _ = LinuxCalls.AdviseMemory(_start, (nuint)length, AdviceNoHugePage);
    }

    public int Length { get; }

    /// <summary>Where it lies, as a number: for ranges and for the kernel, never to be dereferenced.</summary>
    public ulong Address => (ulong)Start;

    private nint Start
    {
        get
        {
            ObjectDisposedException.ThrowIf(_start == 0, this);
            return _start;
        }
    }

    /// <summary>The bytes as this process sees them now. Not to be kept beyond <see cref="Dispose"/>.</summary>
    public ReadOnlySpan<byte> View(int offset, int length)
    {
        ThrowIfOutside(offset, length);
        return new ReadOnlySpan<byte>((void*)(Start + offset), length);
    }

    /// <summary>
    /// Gives pages back to the kernel; they read as zero afterwards. Where a <see cref="Userfaultfd"/> watches, this call sleeps until
    /// the event is acknowledged.
    /// </summary>
    public void Discard(int offset, int length)
    {
        ThrowIfOutside(offset, length);
        if (LinuxCalls.AdviseMemory(Start + offset, (nuint)length, AdviceDontNeed) != 0)
        {
            throw LinuxException.ForLastCall("madvise(MADV_DONTNEED)");
        }
    }

    /// <summary>Whether the word at <paramref name="offset"/> is zero now, as it is in every page that the kernel has taken.</summary>
    public bool IsZero(int offset) => Volatile.Read(ref WordAt(offset)) == 0;

    /// <summary>Makes the word at <paramref name="offset"/> something else than zero; whatever else it is stays as it is.</summary>
    public void MarkIfZero(int offset) => Interlocked.CompareExchange(ref WordAt(offset), value: 1, comparand: 0);

    public void Dispose()
    {
        nint start = Interlocked.Exchange(ref _start, 0);
        if (start != 0)
        {
            _ = LinuxCalls.UnmapMemory(start, (nuint)Length);
        }
    }

    private ref long WordAt(int offset)
    {
        ThrowIfOutside(offset, sizeof(long));
        return ref *(long*)(Start + offset);
    }

    private void ThrowIfOutside(int offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
    }
}
