// SPDX-License-Identifier: MIT

using System.Runtime.InteropServices;

namespace FenceKit.Samples.Reclaim.Linux;

/// <content>The memory that the ring shares with the kernel.</content>
internal sealed unsafe partial class IoUring
{
    private const uint FeatureSingleMapping = 1;
    private const long OffsetQueues = 0;
    private const long OffsetRequests = 0x1000_0000;
    private const int ReadWrite = 1 | 2;               // PROT_READ | PROT_WRITE
    private const int SharedPopulated = 0x01 | 0x8000; // MAP_SHARED | MAP_POPULATE

    private nint _queues;
    private nuint _queuesLength;
    private nuint _requestsLength;
    private RingRequest* _requests;
    private uint* _requestHead;
    private uint* _requestTail;
    private uint _requestMask;
    private RingResult* _completions;
    private uint* _completionHead;
    private uint* _completionTail;
    private uint _completionMask;

    private void MapQueues(in RingParameters parameters)
    {
        if ((parameters.Features & FeatureSingleMapping) == 0)
        {
            throw new PlatformNotSupportedException("io_uring: this kernel maps its two queues apart (older than 5.4).");
        }

        RequestOffsets requests = parameters.RequestOffsets;
        CompletionOffsets completions = parameters.CompletionOffsets;
        nuint requestsEnd = requests.Array + (parameters.RequestEntries * sizeof(uint));
        nuint completionsEnd = completions.Entries + (parameters.CompletionEntries * (nuint)sizeof(RingResult));
        _queuesLength = nuint.Max(requestsEnd, completionsEnd);
        _queues = Map(_queuesLength, OffsetQueues);
        _requestsLength = parameters.RequestEntries * (nuint)sizeof(RingRequest);
        _requests = (RingRequest*)Map(_requestsLength, OffsetRequests);

        byte* start = (byte*)_queues;
        _requestHead = (uint*)(start + requests.Head);
        _requestTail = (uint*)(start + requests.Tail);
        _requestMask = *(uint*)(start + requests.Mask);
        _completionHead = (uint*)(start + completions.Head);
        _completionTail = (uint*)(start + completions.Tail);
        _completionMask = *(uint*)(start + completions.Mask);
        _completions = (RingResult*)(start + completions.Entries);

        // The kernel allows any order of requests; ours is the natural one.
        uint* order = (uint*)(start + requests.Array);
        for (uint i = 0; i < parameters.RequestEntries; i++)
        {
            order[i] = i;
        }
    }

    private nint Map(nuint length, long offset)
    {
        nint address = LinuxCalls.MapMemory(0, length, ReadWrite, SharedPopulated, _descriptor, offset);
        return address != -1 ? address : throw LinuxException.ForLastCall("mmap(io_uring)");
    }

    private void UnmapQueues()
    {
        if (_requests != null)
        {
            _ = LinuxCalls.UnmapMemory((nint)_requests, _requestsLength);
            _requests = null;
        }

        if (_queues != 0)
        {
            _ = LinuxCalls.UnmapMemory(_queues, _queuesLength);
            _queues = 0;
        }
    }

    /// <summary>struct io_uring_sqe</summary>
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    private struct RingRequest
    {
        [FieldOffset(0)] public byte Operation;
        [FieldOffset(4)] public int Descriptor;
        [FieldOffset(8)] public ulong Offset;
        [FieldOffset(16)] public ulong Address;
        [FieldOffset(24)] public uint Length;
        [FieldOffset(28)] public uint Flags;
        [FieldOffset(32)] public ulong Tag;
        [FieldOffset(40)] public ushort BufferIndex;
    }

    /// <summary>struct io_uring_cqe</summary>
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    private struct RingResult
    {
        [FieldOffset(0)] public ulong Tag;
        [FieldOffset(8)] public int Result;
    }

    /// <summary>struct io_uring_params</summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    private struct RingParameters
    {
        [FieldOffset(0)] public uint RequestEntries;
        [FieldOffset(4)] public uint CompletionEntries;
        [FieldOffset(20)] public uint Features;
        [FieldOffset(40)] public RequestOffsets RequestOffsets;
        [FieldOffset(80)] public CompletionOffsets CompletionOffsets;
    }

    /// <summary>struct io_sqring_offsets</summary>
    [StructLayout(LayoutKind.Explicit, Size = 40)]
    private struct RequestOffsets
    {
        [FieldOffset(0)] public uint Head;
        [FieldOffset(4)] public uint Tail;
        [FieldOffset(8)] public uint Mask;
        [FieldOffset(24)] public uint Array;
    }

    /// <summary>struct io_cqring_offsets</summary>
    [StructLayout(LayoutKind.Explicit, Size = 40)]
    private struct CompletionOffsets
    {
        [FieldOffset(0)] public uint Head;
        [FieldOffset(4)] public uint Tail;
        [FieldOffset(8)] public uint Mask;
        [FieldOffset(20)] public uint Entries;
    }
}
