// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Reclaim.Memory;

/// <summary>
/// The memory under management: buffers of whole pages whose contents come from a file. <see cref="View"/> is what the program sees; what
/// a device has pinned may by now be something else, and that is what this sample is about.
/// </summary>
internal abstract class PageMemory(int buffers, int pagesPerBuffer) : IDisposable
{
    public int Buffers { get; } = buffers;

    public int PagesPerBuffer { get; } = pagesPerBuffer;

    public int PageSize { get; } = Environment.SystemPageSize;

    public int BufferSize => PagesPerBuffer * PageSize;

    /// <summary>The addresses of a buffer.</summary>
    public abstract AddressRange RangeOf(int buffer);

    /// <summary>One page as the CPU sees it now.</summary>
    public abstract ReadOnlySpan<byte> View(int buffer, int page);

    /// <summary>
    /// Gives pages back to the system, at once and without asking anybody: they read as zero afterwards. Where the buffer is watched
    /// (<see cref="Backends.IDiscardEvents"/>) the caller sleeps until the event is acknowledged.
    /// </summary>
    public abstract void Discard(PageRange pages);

    /// <summary>How many pages of a buffer take up memory now.</summary>
    public abstract int CountResident(int buffer);

    public PageRange WholeOf(int buffer) => new(buffer, 0, PagesPerBuffer);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
