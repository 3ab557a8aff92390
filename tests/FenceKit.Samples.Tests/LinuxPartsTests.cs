// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Linux;
using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Tests;

/// <summary>The kernel parts one by one. Nothing here can hang: where a discard is held, the sample runs in a process of its own.</summary>
public sealed class LinuxPartsTests
{
    private static readonly int s_page = Environment.SystemPageSize;

    [RealPartsFact("uring")]
    public void Mapping_WhenDiscarded_ReadsAsZeroAndTakesUpNoMemory()
    {
        using var mapping = new AnonymousMapping(4 * s_page);
        using var pagemap = new Pagemap();
        for (int page = 0; page < 4; page++)
        {
            mapping.MarkIfZero(page * s_page);
        }

        Assert.Equal(4, pagemap.CountPresent(mapping.Address, 4));

        mapping.Discard(s_page, 2 * s_page);

        Assert.Equal(2, pagemap.CountPresent(mapping.Address, 4));
        Assert.Equal([false, true, true, false], Enumerable.Range(0, 4).Select(page => mapping.IsZero(page * s_page)));
    }

    [RealPartsFact("uring")]
    public void Mapping_OutsideOfItsLength_IsRefusedBeforeTheKernelIsAsked()
    {
        using var mapping = new AnonymousMapping(s_page);

        Assert.Throws<ArgumentOutOfRangeException>("offset", () => mapping.View(-1, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>("length", () => mapping.View(1, s_page).Length);
        Assert.Throws<ArgumentOutOfRangeException>("length", () => mapping.View(0, 0).Length);
        Assert.Throws<ArgumentOutOfRangeException>("length", () => mapping.Discard(s_page, s_page));
        Assert.Throws<ArgumentOutOfRangeException>("length", () => mapping.MarkIfZero(s_page - 4));
        Assert.Throws<ArgumentException>("length", () => new AnonymousMapping(s_page + 1));
    }

    [RealPartsFact("uring")]
    public void Mapping_WhenDisposed_IsRefused()
    {
        var mapping = new AnonymousMapping(s_page);
        mapping.Dispose();
        mapping.Dispose();

        Assert.Throws<ObjectDisposedException>(() => mapping.View(0, 1).Length);
        Assert.Throws<ObjectDisposedException>(() => mapping.Address);
    }

    [RealPartsFact("uring")]
    public void Ring_ReadsTheFileIntoTheMemoryThatIsThere()
    {
        using var file = new DataFile(blocks: 8);
        using var memory = new MappedMemory(buffers: 1, pagesPerBuffer: 8);
        using var device = new IoUringEngine(memory, file, depth: 8);

        device.Pin(0);
        ReadAll(device, memory);

        Assert.Equal(8, CountMatches(memory, file));
    }

    [RealPartsFact("uring")]
    public void Ring_AfterADiscard_ReportsSuccessAndWritesElsewhere()
    {
        using var file = new DataFile(blocks: 8);
        using var memory = new MappedMemory(buffers: 1, pagesPerBuffer: 8);
        using var device = new IoUringEngine(memory, file, depth: 8);

        device.Pin(0);
        memory.Discard(new PageRange(0, First: 2, Count: 3));
        ReadAll(device, memory);

        Assert.Equal(5, CountMatches(memory, file));
    }

    [RealPartsFact("uring")]
    public void Ring_WithoutAPinOrOutsideOfIt_IsRefusedBeforeTheKernelIsAsked()
    {
        using var file = new DataFile(blocks: 1);
        using var memory = new MappedMemory(buffers: 1, pagesPerBuffer: 1);
        using var device = new IoUringEngine(memory, file, depth: 8);

        Assert.Throws<InvalidOperationException>(() => device.TryRead(0, page: 0, block: 0));
        device.Pin(0);
        Assert.Throws<ArgumentOutOfRangeException>(() => device.TryRead(0, page: 1, block: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => device.TryRead(0, page: -1, block: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => device.TryRead(0, page: 0, block: 1));
    }

    [RealPartsFact("uring")]
    public void Ring_WhenDisposed_IsRefused()
    {
        using var wake = new WakeEvent();
        var ring = new IoUring(entries: 2, slots: 1);
        ring.Dispose();
        ring.Dispose();

        Assert.Throws<ObjectDisposedException>(() => ring.TryPreparePoll(wake.Descriptor, tag: 1));
        Assert.Throws<ObjectDisposedException>(() => ring.TryTakeCompletion(out _));
    }

    [RealPartsFact("uring")]
    public void Ring_Cancel_CompletesTheRequestAsCancelled()
    {
        using var never = new WakeEvent();
        using var ring = new IoUring(entries: 2, slots: 1);
        Assert.True(ring.TryPreparePoll(never.Descriptor, tag: 7));
        ring.Submit(wait: false);
        Assert.False(ring.TryTakeCompletion(out _));

        ring.CancelRequests(never.Descriptor);
        ring.Submit(wait: true);

        Assert.True(ring.TryTakeCompletion(out RingCompletion completion));
        Assert.Equal(new RingCompletion(7, -LinuxException.Cancelled), completion);
    }

    [RealPartsFact("uring")]
    public void Ring_Wake_EndsTheSleepWithoutACompletion()
    {
        using var file = new DataFile(blocks: 1);
        using var memory = new MappedMemory(buffers: 1, pagesPerBuffer: 1);
        using var device = new IoUringEngine(memory, file, depth: 8);

        device.Wake();

        Assert.Equal(0, device.Exchange(new ReadCompletion[1]));
    }

    [RealPartsFact("uffd")]
    public void Userfaultfd_WithoutADiscard_HasNothingToAcknowledge()
    {
        using var mapping = new AnonymousMapping(s_page);
        using var watch = new Userfaultfd(mapping);

        Assert.False(watch.TryAcknowledge(out _, out _));
    }

    private static void ReadAll(IoUringEngine device, MappedMemory memory)
    {
        for (int page = 0; page < memory.PagesPerBuffer; page++)
        {
            Assert.True(device.TryRead(0, page, block: page));
        }

        var completions = new ReadCompletion[memory.PagesPerBuffer];
        for (int done = 0; done < memory.PagesPerBuffer;)
        {
            int count = device.Exchange(completions);
            Assert.All(completions[..count], static completion => Assert.Equal(ReadOutcome.Succeeded, completion.Outcome));
            done += count;
        }
    }

    private static int CountMatches(MappedMemory memory, DataFile file)
    {
        var verifier = new PageVerifier(memory, file);
        return Enumerable.Range(0, memory.PagesPerBuffer).Count(page => verifier.Matches(0, page, block: page));
    }
}
