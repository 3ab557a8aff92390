// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Reclaim.Memory;

/// <summary>
/// The owner's table: which page shows which block of the file. Pages are empty, loading, or ready; a parked buffer shows nothing.
/// </summary>
/// <remarks>
/// One device thread moves pages from empty to ready, one owner parks, frees and restores. They never meet on a page: the owner frees only
/// once the fences say that every device has stopped.
/// </remarks>
internal sealed class FrameTable(PageMemory memory, DataFile file)
{
    private const int Empty = 0;
    private readonly int[] _states = new int[memory.Buffers * memory.PagesPerBuffer]; // block + 1 when ready, its negative while loading
    private readonly bool[] _parked = new bool[memory.Buffers];
    private int _nextBlock;

    /// <summary>
    /// Takes an empty page for loading. Each load brings another block, so that old contents can never pass for new ones.
    /// </summary>
    public bool TryBeginLoad(int buffer, int page, out int block)
    {
        ref int state = ref StateOf(buffer, page);
        block = _nextBlock;
        if (state != Empty || Volatile.Read(ref _parked[buffer]))
        {
            return false;
        }

        _nextBlock = (_nextBlock + 1) % file.Blocks;
        Volatile.Write(ref state, -(block + 1));
        return true;
    }

    /// <summary>The device has written the page, or has given up on it.</summary>
    public void EndLoad(int buffer, int page, bool isReady)
    {
        ref int state = ref StateOf(buffer, page);

        // Release: a reader who sees the page as ready also sees its bytes.
        Volatile.Write(ref state, isReady ? -state : Empty);
    }

    /// <summary>The block that a page shows. False while it is empty, loading or parked.</summary>
    public bool TryGetBlock(int buffer, int page, out int block)
    {
        block = Volatile.Read(ref StateOf(buffer, page)) - 1;
        return block >= 0 && !Volatile.Read(ref _parked[buffer]);
    }

    public bool IsLoaded(int buffer)
    {
        for (int page = 0; page < memory.PagesPerBuffer; page++)
        {
            if (Volatile.Read(ref StateOf(buffer, page)) <= Empty)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Phase B: nobody finds anything in this buffer any more.</summary>
    public void Park(int buffer) => Volatile.Write(ref _parked[buffer], true);

    /// <summary>These pages are gone.</summary>
    public void Free(PageRange pages)
    {
        for (int page = pages.First; page < pages.End; page++)
        {
            Volatile.Write(ref StateOf(pages.Buffer, page), Empty);
        }
    }

    /// <summary>What is left in the buffer can be found again.</summary>
    public void Restore(int buffer) => Volatile.Write(ref _parked[buffer], false);

    private ref int StateOf(int buffer, int page) => ref _states[(buffer * memory.PagesPerBuffer) + page];
}
