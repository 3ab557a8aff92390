// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace FenceKit.Samples.CustomDriver.Linux;

/// <summary>
/// The two queues of an io_uring, and its table of registered buffers. One thread prepares, submits and takes completions: the kernel
/// cancels requests whose submitter ends, as threads of a pool do. Buffers may be set from any thread.
/// </summary>
internal sealed unsafe class Ring : IDisposable
{
    internal const ulong IgnoredTag = ulong.MaxValue;

    private readonly int _descriptor;
    private readonly byte* _queues;
    private readonly nuint _queuesLength;
    private readonly nuint _requestsLength;
    private readonly io_uring_sqe* _requests;
    private readonly uint* _requestHead;
    private readonly uint* _requestTail;
    private readonly uint _requestMask;
    private readonly io_uring_cqe* _completions;
    private readonly uint* _completionHead;
    private readonly uint* _completionTail;
    private readonly uint _completionMask;
    private uint _prepared;

    internal Ring(uint entries, uint buffers)
    {
        io_uring_params parameters = default;
        _descriptor = Kernel.Check(io_uring_setup(entries, &parameters), "io_uring_setup");
        _queuesLength = nuint.Max(
            parameters.sq_off.array + (parameters.sq_entries * sizeof(uint)),
            parameters.cq_off.cqes + (parameters.cq_entries * (nuint)sizeof(io_uring_cqe)));
        _requestsLength = parameters.sq_entries * (nuint)sizeof(io_uring_sqe);
        _queues = (byte*)Map(_queuesLength, IORING_OFF_SQ_RING);
        _requests = (io_uring_sqe*)Map(_requestsLength, IORING_OFF_SQES);
        _requestHead = (uint*)(_queues + parameters.sq_off.head);
        _requestTail = (uint*)(_queues + parameters.sq_off.tail);
        _requestMask = *(uint*)(_queues + parameters.sq_off.ring_mask);
        _completions = (io_uring_cqe*)(_queues + parameters.cq_off.cqes);
        _completionHead = (uint*)(_queues + parameters.cq_off.head);
        _completionTail = (uint*)(_queues + parameters.cq_off.tail);
        _completionMask = *(uint*)(_queues + parameters.cq_off.ring_mask);
        uint* order = (uint*)(_queues + parameters.sq_off.array);
        for (uint i = 0; i < parameters.sq_entries; i++)
        {
            order[i] = i;
        }

        Kernel.BufferTable table = new() { Count = buffers, Flags = 1 }; // sparse: all places are empty
        Kernel.Check(io_uring_register(_descriptor, Kernel.RegisterBuffers, &table, (uint)sizeof(Kernel.BufferTable)), "io_uring_register");
    }

    /// <summary>Pins the pages that the address has now into a place of the table; a length of 0 drops the pin.</summary>
    internal void SetBuffer(int place, nint address, nuint length)
    {
        iovec vector = new() { iov_base = (void*)address, iov_len = (size_t)(ulong)length };
        Kernel.BufferUpdate update = new() { Place = (uint)place, Vectors = (ulong)&vector, Count = 1 };
        Kernel.Check(io_uring_register(_descriptor, Kernel.UpdateBuffers, &update, (uint)sizeof(Kernel.BufferUpdate)), "io_uring_register");
    }

    internal void PrepareRead(int file, ulong fileOffset, int place, nint address, int length, ulong tag) => Prepare(new io_uring_sqe
    {
        opcode = IORING_OP_READ_FIXED,
        fd = file,
        off = fileOffset,
        addr = (ulong)address,
        len = (uint)length,
        buf_index = (ushort)place,
        user_data = tag,
    });

    internal void PrepareCancel(ulong tag) =>
        Prepare(new io_uring_sqe { opcode = IORING_OP_ASYNC_CANCEL, fd = -1, addr = tag, user_data = IgnoredTag });

    /// <summary>A request that completes once the descriptor is readable.</summary>
    internal void PreparePoll(int descriptor, ulong tag) =>
        Prepare(new io_uring_sqe { opcode = IORING_OP_POLL_ADD, fd = descriptor, poll_events = (ushort)POLLIN, user_data = tag });

    /// <summary>Hands over what was prepared, and sleeps until a completion is there if asked to.</summary>
    internal void Submit(bool wait)
    {
        nint taken = Kernel.EnterRing(_descriptor, _prepared, wait ? 1u : 0u, IORING_ENTER_GETEVENTS);
        if (taken >= 0)
        {
            _prepared -= (uint)taken;
        }
        else if (Marshal.GetLastPInvokeError() != EINTR)
        {
            Kernel.Check(taken, "io_uring_enter");
        }
    }

    internal bool TryTake(out ulong tag, out int result)
    {
        uint head = *_completionHead;

        // Acquire: pairs with the kernel's release of the tail after it has filled in the entry.
        if (head == Volatile.Read(ref *_completionTail))
        {
            tag = 0;
            result = 0;
            return false;
        }

        tag = _completions[head & _completionMask].user_data;
        result = _completions[head & _completionMask].res;

        // Release: the kernel may overwrite the entry only after it has been read.
        Volatile.Write(ref *_completionHead, head + 1);
        return true;
    }

    public void Dispose()
    {
        _ = munmap(_requests, (size_t)(ulong)_requestsLength);
        _ = munmap(_queues, (size_t)(ulong)_queuesLength);
        _ = close(_descriptor);
    }

    private void* Map(nuint length, ulong what) => Kernel.Check(
        mmap(null, (size_t)(ulong)length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, _descriptor, (long)what), "mmap(io_uring)");

    private void Prepare(in io_uring_sqe request)
    {
        uint tail = *_requestTail;
        while (tail - Volatile.Read(ref *_requestHead) > _requestMask)
        {
            Submit(wait: false); // the kernel takes all of them
        }

        _requests[tail & _requestMask] = request;

        // Release: the kernel may see the new tail only after the entry.
        Volatile.Write(ref *_requestTail, tail + 1);
        _prepared++;
    }
}
