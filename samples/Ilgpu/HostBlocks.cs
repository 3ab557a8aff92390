// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit.Samples.Ilgpu;

/// <summary>The memory that jobs are for: blocks of words on the host. What the device has of them are copies, which their owner may take away.</summary>
internal sealed class HostBlocks(int count, int wordsInBlock)
{
    private readonly int[] _words = new int[count * wordsInBlock];

    internal int Count => count;

    internal int WordsInBlock => wordsInBlock;

    internal int BlockSize => wordsInBlock * sizeof(int);

    internal Span<byte> Bytes => MemoryMarshal.AsBytes(_words.AsSpan());

    internal Span<int> this[int block] => _words.AsSpan(block * wordsInBlock, wordsInBlock);

    /// <summary>Ranges are any numbers; here they are offsets.</summary>
    internal AddressRange RangeOf(int block) => AddressRange.FromLength((ulong)(block * BlockSize), (ulong)BlockSize);
}
