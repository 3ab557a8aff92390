// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit.Samples.CustomDriver.Linux;

/// <summary>
/// The two queues of an io_uring, and its table of registered buffers. One thread prepares, submits and takes completions: the kernel
/// cancels requests whose submitter ends, as threads of a pool do. Buffers may be set from any thread.
/// </summary>
internal sealed unsafe class Ring : IDisposable
{
    internal const ulong IgnoredTag = ulong.MaxValue;

    private const byte OperationPoll = 6;
    private const uint Readable = 1;
    private const byte OperationReadFixed = 4;
    private const byte OperationCancel = 14;
    private const uint GetEvents = 1;
    private const uint RegisterBuffers = 15; // IORING_REGISTER_BUFFERS2
    private const uint UpdateBuffers = 16;   // IORING_REGISTER_BUFFERS_UPDATE
    private const long OffsetQueues = 0;
    private const long OffsetRequests = 0x1000_0000;

    private readonly int _descriptor;
    private readonly nint _queues;
    private readonly nuint _queuesLength;
    private readonly nuint _requestsLength;
    private readonly Request* _requests;
    private readonly uint* _requestHead;
    private readonly uint* _requestTail;
    private readonly uint _requestMask;
    private readonly Completion* _completions;
    private readonly uint* _completionHead;
    private readonly uint* _completionTail;
    private readonly uint _completionMask;
    private uint _prepared;

    internal Ring(uint entries, uint buffers)
    {
        Parameters parameters = default;
        _descriptor = (int)Kernel.Check(Kernel.SetUpRing(entries, &parameters), "io_uring_setup");
        _queuesLength = nuint.Max(
            parameters.RequestArray + (parameters.RequestEntries * sizeof(uint)),
            parameters.CompletionStart + (parameters.CompletionEntries * (nuint)sizeof(Completion)));
        _requestsLength = parameters.RequestEntries * (nuint)sizeof(Request);
        _queues = Kernel.Map(0, _queuesLength, Kernel.ReadWrite, Kernel.SharedPopulated, _descriptor, OffsetQueues);
        Kernel.Check(_queues == -1 ? -1 : 0, "mmap(io_uring)");
        nint requests = Kernel.Map(0, _requestsLength, Kernel.ReadWrite, Kernel.SharedPopulated, _descriptor, OffsetRequests);
        Kernel.Check(requests == -1 ? -1 : 0, "mmap(io_uring)");

        byte* start = (byte*)_queues;
        _requests = (Request*)requests;
        _requestHead = (uint*)(start + parameters.RequestHead);
        _requestTail = (uint*)(start + parameters.RequestTail);
        _requestMask = *(uint*)(start + parameters.RequestMask);
        _completions = (Completion*)(start + parameters.CompletionStart);
        _completionHead = (uint*)(start + parameters.CompletionHead);
        _completionTail = (uint*)(start + parameters.CompletionTail);
        _completionMask = *(uint*)(start + parameters.CompletionMask);
        uint* order = (uint*)(start + parameters.RequestArray);
        for (uint i = 0; i < parameters.RequestEntries; i++)
        {
            order[i] = i;
        }

        BufferTable table = new() { Count = buffers, Flags = 1 }; // sparse: all places are empty
        Kernel.Check(Kernel.RegisterWithRing(_descriptor, RegisterBuffers, &table, (uint)sizeof(BufferTable)), "io_uring_register");
    }

    /// <summary>Pins the pages that the address has now into a place of the table; a length of 0 drops the pin.</summary>
    internal void SetBuffer(int place, nint address, nuint length)
    {
        Vector vector = new() { Address = address, Length = length };
        BufferUpdate update = new() { Place = (uint)place, Vectors = (ulong)&vector, Count = 1 };
        Kernel.Check(Kernel.RegisterWithRing(_descriptor, UpdateBuffers, &update, (uint)sizeof(BufferUpdate)), "io_uring_register");
    }

    internal void PrepareRead(int file, ulong fileOffset, int place, nint address, int length, ulong tag) => Prepare(new Request
    {
        Operation = OperationReadFixed,
        Descriptor = file,
        Offset = fileOffset,
        Address = (ulong)address,
        Length = (uint)length,
        Buffer = (ushort)place,
        Tag = tag,
    });

    internal void PrepareCancel(ulong tag) => Prepare(new Request { Operation = OperationCancel, Descriptor = -1, Address = tag, Tag = IgnoredTag });

    /// <summary>A request that completes once the descriptor is readable.</summary>
    internal void PreparePoll(int descriptor, ulong tag) =>
        Prepare(new Request { Operation = OperationPoll, Descriptor = descriptor, Events = Readable, Tag = tag });

    /// <summary>Hands over what was prepared, and sleeps until a completion is there if asked to.</summary>
    internal void Submit(bool wait)
    {
        nint taken = Kernel.EnterRing(_descriptor, _prepared, wait ? 1u : 0u, GetEvents);
        if (taken >= 0)
        {
            _prepared -= (uint)taken;
        }
        else if (Marshal.GetLastPInvokeError() != Kernel.Interrupted)
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

        tag = _completions[head & _completionMask].Tag;
        result = _completions[head & _completionMask].Result;

        // Release: the kernel may overwrite the entry only after it has been read.
        Volatile.Write(ref *_completionHead, head + 1);
        return true;
    }

    public void Dispose()
    {
        _ = Kernel.Unmap((nint)_requests, _requestsLength);
        _ = Kernel.Unmap(_queues, _queuesLength);
        _ = Kernel.Close(_descriptor);
    }

    private void Prepare(in Request request)
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

    /// <summary>struct io_uring_sqe</summary>
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    private struct Request
    {
        [FieldOffset(0)] public byte Operation;
        [FieldOffset(4)] public int Descriptor;
        [FieldOffset(8)] public ulong Offset;
        [FieldOffset(16)] public ulong Address;
        [FieldOffset(24)] public uint Length;
        [FieldOffset(28)] public uint Events;
        [FieldOffset(32)] public ulong Tag;
        [FieldOffset(40)] public ushort Buffer;
    }

    /// <summary>struct io_uring_cqe</summary>
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    private struct Completion
    {
        [FieldOffset(0)] public ulong Tag;
        [FieldOffset(8)] public int Result;
    }

    /// <summary>struct io_uring_params, with the offsets of both queues.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    private struct Parameters
    {
        [FieldOffset(0)] public uint RequestEntries;
        [FieldOffset(4)] public uint CompletionEntries;
        [FieldOffset(40)] public uint RequestHead;
        [FieldOffset(44)] public uint RequestTail;
        [FieldOffset(48)] public uint RequestMask;
        [FieldOffset(64)] public uint RequestArray;
        [FieldOffset(80)] public uint CompletionHead;
        [FieldOffset(84)] public uint CompletionTail;
        [FieldOffset(88)] public uint CompletionMask;
        [FieldOffset(100)] public uint CompletionStart;
    }

    /// <summary>struct io_uring_rsrc_register</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    private struct BufferTable
    {
        [FieldOffset(0)] public uint Count;
        [FieldOffset(4)] public uint Flags;
    }

    /// <summary>struct io_uring_rsrc_update2</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    private struct BufferUpdate
    {
        [FieldOffset(0)] public uint Place;
        [FieldOffset(8)] public ulong Vectors;
        [FieldOffset(24)] public uint Count;
    }

    /// <summary>struct iovec</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        public nint Address;
        public nuint Length;
    }
}
