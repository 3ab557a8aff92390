// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Devices;

/// <summary>Threads of the program itself that read the memory all the time and compare what they see with the file.</summary>
internal sealed class MemoryReaders : IDisposable
{
    private const int PagesPerBreath = 32;
    private readonly PageMemory _memory;
    private readonly FrameTable _frames;
    private readonly ReaderEpochs _epochs;
    private readonly InvalidationSubscription _subscription;
    private readonly Worker[] _threads;
    private volatile bool _isEnding;
    private long _pages;
    private long _stale;

    public MemoryReaders(int threads, PageMemory memory, DataFile file, FrameTable frames, InvalidationNotifier notifier)
    {
        _memory = memory;
        _frames = frames;
        _epochs = new ReaderEpochs(threads);
        _subscription = notifier.Subscribe(AddressRange.All, _epochs, "CPU readers");
        _threads = [.. Enumerable.Range(0, threads).Select(
            reader => Worker.Start($"reader {reader}", () => Run(reader, new PageVerifier(memory, file))))];
    }

    /// <summary>Pages that were read and compared.</summary>
    public long Pages => Volatile.Read(ref _pages);

    /// <summary>Pages that did not show what they should.</summary>
    public long Stale => Volatile.Read(ref _stale);

    public void Dispose()
    {
        _isEnding = true;
        Array.ForEach(_threads, static thread => thread.Join());
        _subscription.Dispose();
        _epochs.Dispose();
    }

    private void Run(int reader, PageVerifier verifier)
    {
        var random = new Random(reader);
        while (!_isEnding)
        {
            for (int i = 0; i < PagesPerBreath; i++)
            {
                Read(reader, random.Next(_memory.Buffers), random.Next(_memory.PagesPerBuffer), verifier);
            }

            Thread.Sleep(1); // leaves the few cores of a small machine to the devices
        }
    }

    private void Read(int reader, int buffer, int page, PageVerifier verifier)
    {
        using ReaderEpochs.Visit visit = _epochs.Enter(reader);

        // Asked inside of the visit: an invalidation that began before is seen here, one that begins from now on waits for us.
        if (!_subscription.TryBeginRead(_memory.RangeOf(buffer), out _) || !_frames.TryGetBlock(buffer, page, out int block))
        {
            return;
        }

        Interlocked.Increment(ref _pages);
        if (!verifier.Matches(buffer, page, block))
        {
            Interlocked.Increment(ref _stale);
        }
    }
}
