// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Linux;

/// <summary>Real discards: a userfaultfd for each buffer, since what is about to go must be known before the event may be read.</summary>
internal sealed class UserfaultfdEvents : IDiscardEvents
{
    private const int Discard = 0;
    private const int Stopped = 1;
    private static readonly TimeSpan s_zapLimit = TimeSpan.FromSeconds(5);
    private readonly MappedMemory _memory;
    private readonly Userfaultfd[] _watches;
    private readonly EventPoll[] _polls;
    private readonly WakeEvent _stop = new();

    public UserfaultfdEvents(MappedMemory memory)
    {
        _memory = memory;
        _watches = new Userfaultfd[memory.Buffers];
        _polls = new EventPoll[memory.Buffers];
        for (int i = 0; i < _watches.Length; i++)
        {
            _watches[i] = new Userfaultfd(memory[i]);
            _polls[i] = new EventPoll();
            _polls[i].Watch(_watches[i].Descriptor, Discard);
            _polls[i].Watch(_stop.Descriptor, Stopped);
        }
    }

    public bool Wait(int buffer) => _polls[buffer].Wait() == Discard;

    /// <remarks>
    /// The kernel says "about to", and it has no event for "done". A device that came back in between would pin the old pages again, so
    /// the going itself must be seen. A page that is gone reads as zero, whoever touches it first; that none does so before is what the
    /// marks are for. They cost nothing of value: blocks of the file never begin with zero, so only pages that show nothing are marked.
    /// (To ask /proc/self/pagemap would not do: a device that tries to come back too early makes the page present again.)
    /// </remarks>
    public PageRange Acknowledge(int buffer)
    {
        for (int page = 0; page < _memory.PagesPerBuffer; page++)
        {
            _memory[buffer].MarkIfZero(page * _memory.PageSize);
        }

        if (!_watches[buffer].TryAcknowledge(out ulong start, out ulong end))
        {
            throw new InvalidOperationException($"Buffer {buffer} has no event to acknowledge.");
        }

        PageRange pages = ToPages(buffer, start, end);
        WaitUntilGone(pages);
        return pages;
    }

    public void Stop() => _stop.Set();

    public void Abandon()
    {
        // Closing is enough: the kernel wakes everybody who sleeps on the descriptor. Unregistering would not.
        Array.ForEach(_watches, static watch => watch.Dispose());
    }

    public void Dispose()
    {
        Abandon();
        Array.ForEach(_polls, static poll => poll.Dispose());
        _stop.Dispose();
    }

    private void WaitUntilGone(PageRange pages)
    {
        long began = TimeProvider.System.GetTimestamp();
        for (int page = pages.First; page < pages.End; page++)
        {
            while (!_memory[pages.Buffer].IsZero(page * _memory.PageSize))
            {
                // The caller is on its way through a few microseconds of kernel code; it may need this very core for that.
                Thread.Yield();
                if (TimeProvider.System.GetElapsedTime(began) > s_zapLimit)
                {
                    throw new TimeoutException($"Buffer {pages.Buffer}: the discard was acknowledged, yet its pages stay.");
                }
            }
        }
    }

    private PageRange ToPages(int buffer, ulong start, ulong end)
    {
        AddressRange range = _memory.RangeOf(buffer);
        if (start >= end || start < range.Start || end > range.End)
        {
            throw new IOException($"userfaultfd named [{start:x}, {end:x}), which is outside of buffer {buffer}.");
        }

        ulong page = (ulong)_memory.PageSize;
        return new PageRange(buffer, (int)((start - range.Start) / page), (int)((end - start) / page));
    }
}
