// SPDX-License-Identifier: MIT

using System.Runtime.InteropServices;

namespace FenceKit.Samples.Reclaim.Linux;

/// <content>Pinning and unpinning buffers, and calling requests back.</content>
internal sealed unsafe partial class IoUring
{
    private const uint RegisterBuffers = 15;        // IORING_REGISTER_BUFFERS2
    private const uint UpdateBuffers = 16;          // IORING_REGISTER_BUFFERS_UPDATE
    private const uint SyncCancel = 24;             // IORING_REGISTER_SYNC_CANCEL
    private const uint Sparse = 1;
    private const uint CancelAllOfDescriptor = 1 | 2; // ALL | FD

    /// <summary>
    /// Pins the pages that <paramref name="buffer"/> has at this moment. They stay pinned whatever happens to the address.
    /// </summary>
    public void Register(int slot, AnonymousMapping buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        UpdateSlot(slot, (nint)buffer.Address, (nuint)buffer.Length);
        _buffers[slot] = buffer;
    }

    /// <summary>
    /// Drops the pins. Requests that are still in flight would go on writing into the old pages: cancel and drain them first.
    /// </summary>
    public void Unregister(int slot)
    {
        UpdateSlot(slot, address: 0, length: 0);
        _buffers[slot] = null;
    }

    /// <summary>
    /// Calls back every request on one descriptor that has not reached the hardware yet. The others complete by themselves: draining is
    /// still the caller's to do.
    /// </summary>
    public void CancelRequests(SafeDescriptor file)
    {
        CancelArguments cancel = new()
        {
            Descriptor = (int)file.DangerousGetHandle(),
            Flags = CancelAllOfDescriptor,
            Seconds = 0,
            Nanoseconds = 0,
        };
        if (LinuxCalls.RegisterWithRing(LinuxNumbers.IoUringRegister, _descriptor, SyncCancel, &cancel, 1) >= 0)
        {
            return;
        }

        // Nothing to cancel, or some that can no longer be stopped and that a wait of zero did not wait for: both are a matter of draining.
        int error = Marshal.GetLastPInvokeError();
        if (error is not (LinuxException.NoSuchEntry or LinuxException.Already or LinuxException.TimedOut or LinuxException.Interrupted))
        {
            throw new LinuxException("io_uring_register(SYNC_CANCEL)", error);
        }
    }

    private void RegisterEmptySlots(uint slots)
    {
        BufferTable table = new() { Count = slots, Flags = Sparse };
        if (LinuxCalls.RegisterWithRing(
            LinuxNumbers.IoUringRegister, _descriptor, RegisterBuffers, &table, (uint)sizeof(BufferTable)) < 0)
        {
            throw LinuxException.ForLastCall("io_uring_register(BUFFERS2)");
        }
    }

    private void UpdateSlot(int slot, nint address, nuint length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slot);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(slot, _buffers.Length);
        BufferVector vector = new() { Address = address, Length = length };
        BufferUpdate update = new() { Slot = (uint)slot, Vectors = (ulong)&vector, Count = 1 };
        if (LinuxCalls.RegisterWithRing(
            LinuxNumbers.IoUringRegister, _descriptor, UpdateBuffers, &update, (uint)sizeof(BufferUpdate)) < 0)
        {
            throw LinuxException.ForLastCall("io_uring_register(BUFFERS_UPDATE)");
        }
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
        [FieldOffset(0)] public uint Slot;
        [FieldOffset(8)] public ulong Vectors;
        [FieldOffset(24)] public uint Count;
    }

    /// <summary>struct iovec</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct BufferVector
    {
        public nint Address;
        public nuint Length;
    }

    /// <summary>struct io_uring_sync_cancel_reg</summary>
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    private struct CancelArguments
    {
        [FieldOffset(8)] public int Descriptor;
        [FieldOffset(12)] public uint Flags;
        [FieldOffset(16)] public long Seconds;
        [FieldOffset(24)] public long Nanoseconds;
    }
}
