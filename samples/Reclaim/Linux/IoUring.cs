// SPDX-License-Identifier: MIT

using System.Runtime.InteropServices;

namespace FenceKit.Samples.Reclaim.Linux;

/// <summary>What became of one request: <see cref="Result"/> is a byte count, or minus an errno.</summary>
internal readonly record struct RingCompletion(ulong Tag, int Result);

/// <summary>
/// An io_uring: requests go into one queue, completions come out of another, and buffers that are registered stay pinned, like the
/// memory of any device that does DMA.
/// </summary>
/// <remarks>
/// <b>One thread owns a ring</b> and makes every call on it. That thread must never be one that can sleep in an invalidation, madvise
/// above all: completions are posted in the context of the thread that submitted, so it would sleep on the very completions that the
/// invalidation waits for.
/// </remarks>
internal sealed unsafe partial class IoUring : IDisposable
{
    private const byte OperationReadFixed = 4;
    private const byte OperationPollAdd = 6;
    private const uint EnterGetEvents = 1;
    private const uint PollReadable = 1;

    private readonly SafeDescriptor _descriptor;
    private readonly AnonymousMapping?[] _buffers;
    private uint _prepared;

    /// <summary>Sets up a ring of <paramref name="entries"/> requests and <paramref name="slots"/> places for registered buffers.</summary>
    public IoUring(int entries, int slots)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(entries);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slots);
        RingParameters parameters = default;
        _descriptor = SafeDescriptor.From(
            LinuxCalls.SetUpRing(LinuxNumbers.IoUringSetup, (uint)entries, &parameters), "io_uring_setup");
        try
        {
            MapQueues(parameters);
            _buffers = new AnonymousMapping?[slots];
            RegisterEmptySlots((uint)slots);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// Queues a read of a file into a registered buffer, at the same time the proof that the pin is what gets written: the kernel looks
    /// at the pages that were pinned, not at what the address shows today. False when the queue is full.
    /// </summary>
    public bool TryPrepareRead(SafeDescriptor file, long fileOffset, int slot, int offset, int length, ulong tag)
    {
        AnonymousMapping buffer = _buffers[slot] ?? throw new InvalidOperationException($"No buffer is registered in slot {slot}.");
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, buffer.Length - offset);
        return TryPrepare(
            new RingRequest
            {
                Operation = OperationReadFixed,
                Descriptor = (int)file.DangerousGetHandle(),
                Offset = (ulong)fileOffset,
                Address = buffer.Address + (ulong)offset,
                Length = (uint)length,
                BufferIndex = (ushort)slot,
                Tag = tag,
            });
    }

    /// <summary>Queues a request that completes once <paramref name="descriptor"/> is readable.</summary>
    public bool TryPreparePoll(SafeDescriptor descriptor, ulong tag) =>
        TryPrepare(
            new RingRequest
            {
                Operation = OperationPollAdd,
                Descriptor = (int)descriptor.DangerousGetHandle(),
                Flags = PollReadable,
                Tag = tag,
            });

    /// <summary>Hands over what was prepared, and sleeps until a completion is there if <paramref name="wait"/> says so.</summary>
    public void Submit(bool wait)
    {
        nint taken = LinuxCalls.EnterRing(
            LinuxNumbers.IoUringEnter, _descriptor, _prepared, wait ? 1u : 0u, EnterGetEvents, argument: null, size: 0);
        if (taken >= 0)
        {
            _prepared -= (uint)taken;
            return;
        }

        int error = Marshal.GetLastPInvokeError();
        if (error != LinuxException.Interrupted)
        {
            throw new LinuxException("io_uring_enter", error);
        }
    }

    /// <summary>Takes the next completion, if there is one.</summary>
    public bool TryTakeCompletion(out RingCompletion completion)
    {
        ThrowIfDisposed();
        uint head = *_completionHead;

        // Acquire: pairs with the kernel's release of the tail after it has filled in the entry.
        if (head == Volatile.Read(ref *_completionTail))
        {
            completion = default;
            return false;
        }

        RingResult* result = &_completions[head & _completionMask];
        completion = new RingCompletion(result->Tag, result->Result);

        // Release: the kernel may overwrite the entry only after it has been read.
        Volatile.Write(ref *_completionHead, head + 1);
        return true;
    }

    public void Dispose()
    {
        // Closing the ring cancels what is in flight and drops the pins.
        UnmapQueues();
        _descriptor.Dispose();
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_queues == 0, this);

    private bool TryPrepare(in RingRequest request)
    {
        ThrowIfDisposed();
        uint tail = *_requestTail;
        if (tail - Volatile.Read(ref *_requestHead) > _requestMask)
        {
            return false;
        }

        _requests[tail & _requestMask] = request;

        // Release: the kernel may see the new tail only after the entry.
        Volatile.Write(ref *_requestTail, tail + 1);
        _prepared++;
        return true;
    }
}
