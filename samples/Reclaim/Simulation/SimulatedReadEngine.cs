// SPDX-License-Identifier: MIT

using System.Threading.Channels;
using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Simulation;

/// <summary>
/// A device without hardware: a worker that reads the file into the frames it pinned, never asking again where the address leads. That
/// makes it lose data without a notifier for the same reason as the real one.
/// </summary>
internal sealed class SimulatedReadEngine : IReadEngine
{
    private static readonly TimeSpan s_latency = TimeSpan.FromMilliseconds(1);
    private readonly SimulatedMemory _memory;
    private readonly DataFile _file;
    private readonly byte[][]?[] _pinned;
    private readonly int[] _generations;
    private readonly Channel<Request> _requests;
    private readonly Channel<ReadCompletion> _completions;
    private readonly AutoResetEvent _news = new(initialState: false);
    private readonly Task _worker;

    public SimulatedReadEngine(SimulatedMemory memory, DataFile file, int depth)
    {
        _memory = memory;
        _file = file;
        _pinned = new byte[][]?[memory.Buffers];
        _generations = new int[memory.Buffers];
        _requests = Channel.CreateBounded<Request>(new BoundedChannelOptions(depth) { SingleReader = true });
        _completions = Channel.CreateUnbounded<ReadCompletion>(new UnboundedChannelOptions { SingleReader = true });
        _worker = Task.Run(WorkAsync);
    }

    public void Pin(int buffer) => _pinned[buffer] = _memory.Pin(buffer);

    public void Unpin(int buffer) => _pinned[buffer] = null;

    public bool TryRead(int buffer, int page, int block)
    {
        byte[][] frames = _pinned[buffer] ?? throw new InvalidOperationException($"Buffer {buffer} is not pinned.");
        return _requests.Writer.TryWrite(new Request(buffer, page, block, frames[page], _generations[buffer]));
    }

    public void Cancel(int buffer) => Interlocked.Increment(ref _generations[buffer]);

    public int Exchange(Span<ReadCompletion> completions)
    {
        int count = Take(completions);
        if (count > 0)
        {
            return count;
        }

        _news.WaitOne();
        return Take(completions);
    }

    public void Wake() => _news.Set();

    public void Dispose()
    {
        _requests.Writer.TryComplete();
        _worker.GetAwaiter().GetResult();
        _news.Dispose();
    }

    private int Take(Span<ReadCompletion> completions)
    {
        int count = 0;
        while (count < completions.Length && _completions.Reader.TryRead(out ReadCompletion completion))
        {
            completions[count++] = completion;
        }

        return count;
    }

    private async Task WorkAsync()
    {
        while (await _requests.Reader.WaitToReadAsync())
        {
            // The time in which a request is in flight, and can be caught there.
            await Task.Delay(s_latency);
            while (_requests.Reader.TryRead(out Request request))
            {
                _completions.Writer.TryWrite(new ReadCompletion(request.Buffer, request.Page, request.Block, Perform(request)));
            }

            _news.Set();
        }
    }

    private ReadOutcome Perform(in Request request)
    {
        if (Volatile.Read(ref _generations[request.Buffer]) != request.Generation)
        {
            return ReadOutcome.Cancelled;
        }

        _file.Read(request.Block, request.Frame);
        return ReadOutcome.Succeeded;
    }

    /// <summary>A read on its way. Its target was fixed when the buffer was pinned; buffer and page are for the completion only.</summary>
    private readonly record struct Request(int Buffer, int Page, int Block, byte[] Frame, int Generation);
}
