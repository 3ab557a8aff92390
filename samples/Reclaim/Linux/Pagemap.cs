// SPDX-License-Identifier: MIT

using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace FenceKit.Samples.Reclaim.Linux;

/// <summary>The kernel's own word on which pages of this process are mapped right now: bit 63 of /proc/self/pagemap.</summary>
/// <remarks>mincore would answer for the page cache where a mapping is shared; this bit is the page table entry itself.</remarks>
internal sealed class Pagemap : IDisposable
{
    private const int EntrySize = sizeof(ulong);
    private const int EntriesPerRead = 64;
    private readonly SafeFileHandle _file =
        File.OpenHandle("/proc/self/pagemap", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

    /// <summary>How many of <paramref name="count"/> pages from <paramref name="address"/> are present.</summary>
    public int CountPresent(ulong address, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        long offset = (long)(address / (ulong)Environment.SystemPageSize) * EntrySize;
        Span<byte> entries = stackalloc byte[EntriesPerRead * EntrySize];
        int present = 0;
        while (count > 0)
        {
            Span<byte> wanted = entries[..(Math.Min(count, EntriesPerRead) * EntrySize)];
            int read = RandomAccess.Read(_file, wanted, offset);
            if (read < EntrySize)
            {
                throw new IOException("/proc/self/pagemap ended early.");
            }

            for (int at = 0; at + EntrySize <= read; at += EntrySize)
            {
                present += (int)(BinaryPrimitives.ReadUInt64LittleEndian(wanted[at..]) >> 63);
                count--;
            }

            offset += read;
        }

        return present;
    }

    public void Dispose() => _file.Dispose();
}
