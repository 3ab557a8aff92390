// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Simulation;

/// <summary>
/// A page table in miniature: an address leads to a frame, and a discard makes it lead to none. Whoever kept the frame itself (a pin)
/// keeps it, exactly as a kernel pin does; the address will be given another one.
/// </summary>
internal sealed class SimulatedMemory : PageMemory
{
    private const ulong FirstAddress = 0x10_0000_0000;
    private readonly byte[]?[] _frames;
    private readonly byte[] _zeros;
    private SimulatedEvents? _watcher;

    public SimulatedMemory(int buffers, int pagesPerBuffer)
        : base(buffers, pagesPerBuffer)
    {
        _frames = new byte[]?[buffers * pagesPerBuffer];
        _zeros = new byte[PageSize];
    }

    public override AddressRange RangeOf(int buffer) =>
        AddressRange.FromLength(FirstAddress + ((ulong)buffer * (ulong)BufferSize), (ulong)BufferSize);

    public override ReadOnlySpan<byte> View(int buffer, int page) => Volatile.Read(ref FrameOf(buffer, page)) ?? _zeros;

    public override void Discard(PageRange pages)
    {
        using SimulatedDiscard? held = _watcher?.Hold(pages);
        for (int page = pages.First; page < pages.End; page++)
        {
            Volatile.Write(ref FrameOf(pages.Buffer, page), null);
        }
    }

    public override int CountResident(int buffer)
    {
        int resident = 0;
        for (int page = 0; page < PagesPerBuffer; page++)
        {
            resident += Volatile.Read(ref FrameOf(buffer, page)) is null ? 0 : 1;
        }

        return resident;
    }

    /// <summary>What a device gets when it pins: the frames of now.</summary>
    public byte[][] Pin(int buffer)
    {
        var frames = new byte[PagesPerBuffer][];
        for (int page = 0; page < frames.Length; page++)
        {
            ref byte[]? frame = ref FrameOf(buffer, page);
            frames[page] = Volatile.Read(ref frame) ?? Interlocked.CompareExchange(ref frame, new byte[PageSize], null) ?? frame!;
        }

        return frames;
    }

    public void Watch(SimulatedEvents watcher) => _watcher = watcher;

    protected override void Dispose(bool disposing) => Array.Clear(_frames);

    private ref byte[]? FrameOf(int buffer, int page)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)buffer, (uint)Buffers, nameof(buffer));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)page, (uint)PagesPerBuffer, nameof(page));
        return ref _frames[(buffer * PagesPerBuffer) + page];
    }
}
