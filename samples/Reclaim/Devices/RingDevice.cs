// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Devices;

/// <summary>
/// The fast device: reads the file into pinned buffers, many requests at a time, on a thread of its own that does nothing else.
/// </summary>
/// <remarks>
/// This thread is on the way to the fences, so it never waits for anything that an invalidation could hold up. It never discards memory
/// either: a real ring posts its completions in the context of the thread that submits.
/// </remarks>
internal sealed class RingDevice : IDisposable
{
    private const int Depth = 64;
    private const int LargestBatch = 32;
    private readonly IReadEngine _engine;
    private readonly PageVerifier _verifier;
    private readonly PinnedBuffer[] _buffers;
    private readonly Worker _thread;
    private volatile bool _isEnding;
    private long _reads;
    private long _cancelled;
    private long _stale;
    private int _inFlight;

    public RingDevice(Backend backend, PageMemory memory, DataFile file, FrameTable frames, InvalidationNotifier notifier, bool keepFull)
    {
        _engine = backend.CreateReadEngine(memory, file, Depth);
        _verifier = new PageVerifier(memory, file);
        _buffers = new PinnedBuffer[memory.Buffers];
        for (int i = 0; i < _buffers.Length; i++)
        {
            _buffers[i] = new PinnedBuffer(i, memory, frames, _engine) { IsKeptFull = keepFull };
            _buffers[i].AttachTo(notifier);
        }

        _thread = Worker.Start("ring device", Run, OnLost);
    }

    public PinnedBuffer this[int buffer] => _buffers[buffer];

    /// <summary>Reads that the device reported as done.</summary>
    public long Reads => Volatile.Read(ref _reads);

    /// <summary>Reads that were called back before they began.</summary>
    public long Cancelled => Volatile.Read(ref _cancelled);

    /// <summary>Reads that were reported as done while the memory shows something else than the file.</summary>
    public long Stale => Volatile.Read(ref _stale);

    /// <summary>Something has changed that the device may want to act upon.</summary>
    public void Wake() => _engine.Wake();

    public void Dispose()
    {
        _isEnding = true;
        _engine.Wake();
        _thread.Join();
        foreach (PinnedBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }

        _engine.Dispose();
    }

    private void Run()
    {
        Span<ReadCompletion> completions = stackalloc ReadCompletion[LargestBatch];
        while (!_isEnding || _inFlight > 0)
        {
            int depth = _isEnding ? 0 : Depth;
            foreach (PinnedBuffer buffer in _buffers)
            {
                _inFlight += buffer.Step(depth - _inFlight);
            }

            int count = _engine.Exchange(completions);
            foreach (ReadCompletion completion in completions[..count])
            {
                Complete(completion);
            }
        }
    }

    private void Complete(in ReadCompletion completion)
    {
        _inFlight--;
        switch (completion.Outcome)
        {
            case ReadOutcome.Succeeded:
                Interlocked.Increment(ref _reads);
                if (!_verifier.Matches(completion.Buffer, completion.Page, completion.Block))
                {
                    Interlocked.Increment(ref _stale);
                }

                break;
            case ReadOutcome.Cancelled:
                Interlocked.Increment(ref _cancelled);
                break;
            default:
                throw new IOException($"The device failed to read block {completion.Block}.");
        }

        _buffers[completion.Buffer].Complete(completion);
    }

    /// <summary>A driver that dies must not leave anybody waiting for it.</summary>
    private void OnLost(Exception error)
    {
        foreach (PinnedBuffer buffer in _buffers)
        {
            buffer.Poison(error);
        }
    }
}
