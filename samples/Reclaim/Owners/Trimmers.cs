// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Devices;
using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Owners;

/// <summary>
/// Threads that take memory away without knowing of FenceKit or of any device, as an allocator's trimming does. They pick their moment:
/// while requests are in flight in the buffer.
/// </summary>
internal sealed class Trimmers : IDisposable
{
    private readonly PageMemory _memory;
    private readonly RingDevice _device;
    private readonly Worker[] _threads;
    private volatile bool _isEnding;

    public Trimmers(int threads, PageMemory memory, RingDevice device)
    {
        _memory = memory;
        _device = device;
        _threads = [.. Enumerable.Range(0, threads).Select(trimmer => Worker.Start($"trimmer {trimmer}", () => Run(trimmer)))];
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
            int buffer = FindBusyBuffer(random.Next(_memory.Buffers));
            int first = random.Next(_memory.PagesPerBuffer);
            _memory.Discard(new PageRange(buffer, first, random.Next(1, _memory.PagesPerBuffer - first + 1)));
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
