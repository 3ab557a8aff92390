// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Devices;
using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Owners;

/// <summary>
/// Threads that take memory away without knowing of FenceKit or of any device, as an allocator's trimming does. They like to pick their
/// moment: while requests are in flight in the buffer.
/// </summary>
internal sealed class Trimmers : IDisposable
{
    private const int OneInSoMany = 8;
    private const long NotHeld = 0;
    private readonly PageMemory _memory;
    private readonly RingDevice _device;
    private readonly long[] _heldSince;
    private readonly Worker[] _threads;
    private volatile bool _isEnding;

    public Trimmers(int threads, PageMemory memory, RingDevice device)
    {
        _memory = memory;
        _device = device;
        _heldSince = new long[threads];
        _threads = [.. Enumerable.Range(0, threads).Select(trimmer => Worker.Start($"trimmer {trimmer}", () => Run(trimmer)))];
    }

    /// <summary>For how long the unluckiest of them has been asleep in the kernel.</summary>
    public TimeSpan LongestHold
    {
        get
        {
            long now = TimeProvider.System.GetTimestamp();
            TimeSpan longest = TimeSpan.Zero;
            foreach (ref long slot in _heldSince.AsSpan())
            {
                long since = Volatile.Read(ref slot);
                TimeSpan held = since == NotHeld ? TimeSpan.Zero : TimeProvider.System.GetElapsedTime(since, now);
                longest = held > longest ? held : longest;
            }

            return longest;
        }
    }

    public void Dispose()
    {
        _isEnding = true;
        Array.ForEach(_threads, static thread => thread.Join());
    }

    private void Run(int trimmer)
    {
        var random = new Random(trimmer);
        while (!_isEnding)
        {
            // Now and then anywhere: memory is also taken away where nothing is going on.
            int any = random.Next(_memory.Buffers);
            int buffer = random.Next(OneInSoMany) == 0 ? any : FindBusyBuffer(any);
            int first = random.Next(_memory.PagesPerBuffer);
            var pages = new PageRange(buffer, first, random.Next(1, _memory.PagesPerBuffer - first + 1));

            Volatile.Write(ref _heldSince[trimmer], TimeProvider.System.GetTimestamp());
            _memory.Discard(pages);
            Volatile.Write(ref _heldSince[trimmer], NotHeld);
        }
    }

    /// <summary>The next buffer in which requests are in flight, or just <paramref name="first"/>: then there will be some soon.</summary>
    private int FindBusyBuffer(int first)
    {
        for (int i = 0; i < _memory.Buffers; i++)
        {
            int buffer = (first + i) % _memory.Buffers;
            if (_device[buffer].InFlight > 0)
            {
                return buffer;
            }
        }

        return first;
    }
}
