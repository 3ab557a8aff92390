// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Linux;

/// <summary>Real memory: one mapping a buffer, so that each can be watched by a descriptor of its own.</summary>
internal sealed class MappedMemory : PageMemory
{
    private readonly AnonymousMapping[] _mappings;
    private readonly Pagemap _pagemap = new();

    public MappedMemory(int buffers, int pagesPerBuffer)
        : base(buffers, pagesPerBuffer)
    {
        _mappings = new AnonymousMapping[buffers];
        for (int i = 0; i < buffers; i++)
        {
            _mappings[i] = new AnonymousMapping(BufferSize);
        }
    }

    public AnonymousMapping this[int buffer] => _mappings[buffer];

    public override AddressRange RangeOf(int buffer) => AddressRange.FromLength(_mappings[buffer].Address, (ulong)BufferSize);

    public override ReadOnlySpan<byte> View(int buffer, int page) => _mappings[buffer].View(page * PageSize, PageSize);

    public override void Discard(PageRange pages) => _mappings[pages.Buffer].Discard(pages.First * PageSize, pages.Count * PageSize);

    public override int CountResident(int buffer) => _pagemap.CountPresent(_mappings[buffer].Address, PagesPerBuffer);

    protected override void Dispose(bool disposing)
    {
        foreach (AnonymousMapping mapping in _mappings)
        {
            mapping.Dispose();
        }

        _pagemap.Dispose();
    }
}
