// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Reclaim.Backends;

internal enum ReadOutcome
{
    Succeeded,
    Cancelled,
    Failed,
}

/// <summary>One read that the device has finished.</summary>
internal readonly record struct ReadCompletion(int Buffer, int Page, int Block, ReadOutcome Outcome);

/// <summary>
/// A device that reads blocks into pinned buffers, many at a time. All but <see cref="Wake"/> belongs to one thread.
/// </summary>
internal interface IReadEngine : IDisposable
{
    /// <summary>
    /// Gives the device the pages that the buffer has at this moment. It keeps writing to those, wherever the address leads later.
    /// </summary>
    void Pin(int buffer);

    /// <summary>Takes them from the device. Nothing may be in flight for the buffer.</summary>
    void Unpin(int buffer);

    /// <summary>Queues a read; false when the device can take no more.</summary>
    bool TryRead(int buffer, int page, int block);

    /// <summary>Calls back the reads of a buffer that have not begun. All of them still complete, these as cancelled.</summary>
    void Cancel(int buffer);

    /// <summary>
    /// Starts what was queued, sleeps until something completes or <see cref="Wake"/> is called, and returns the completions.
    /// </summary>
    int Exchange(Span<ReadCompletion> completions);

    /// <summary>Ends the sleep. From any thread; neither waits nor allocates.</summary>
    void Wake();
}
