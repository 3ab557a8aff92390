// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Reclaim.Memory;

/// <summary>The judge: compares a page as the CPU sees it with the block of the file that it should show. One for each thread.</summary>
internal sealed class PageVerifier(PageMemory memory, DataFile file)
{
    private readonly byte[] _expected = new byte[file.BlockSize];

    public bool Matches(int buffer, int page, int block)
    {
        file.Read(block, _expected);
        return memory.View(buffer, page).SequenceEqual(_expected);
    }
}
