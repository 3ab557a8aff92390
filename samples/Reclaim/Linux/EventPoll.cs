// SPDX-License-Identifier: MIT

using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace FenceKit.Samples.Reclaim.Linux;

/// <summary>Waits for several descriptors at once. A descriptor that is closed leaves the set by itself.</summary>
internal sealed unsafe class EventPoll : IDisposable
{
    private const int Add = 1;
    private const int DataSize = sizeof(ulong); // the last field of struct epoll_event
    private const uint Readable = 1;
    private readonly SafeDescriptor _descriptor = SafeDescriptor.From(LinuxCalls.CreatePoll(LinuxNumbers.CloseOnExec), "epoll_create1");

    public void Watch(SafeDescriptor descriptor, int tag)
    {
        int size = LinuxNumbers.PollEventSize;
        Span<byte> pollEvent = stackalloc byte[size];
        pollEvent.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(pollEvent, Readable);
        BinaryPrimitives.WriteInt64LittleEndian(pollEvent[(size - DataSize)..], tag);
        fixed (byte* argument = pollEvent)
        {
            if (LinuxCalls.ControlPoll(_descriptor, Add, descriptor, argument) != 0)
            {
                throw LinuxException.ForLastCall("epoll_ctl");
            }
        }
    }

    /// <summary>Sleeps until a descriptor is readable, and returns its tag.</summary>
    public int Wait()
    {
        int size = LinuxNumbers.PollEventSize;
        Span<byte> pollEvent = stackalloc byte[size];
        fixed (byte* argument = pollEvent)
        {
            while (LinuxCalls.WaitPoll(_descriptor, argument, capacity: 1, timeoutMilliseconds: -1) != 1)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error != LinuxException.Interrupted)
                {
                    throw new LinuxException("epoll_wait", error);
                }
            }
        }

        return (int)BinaryPrimitives.ReadInt64LittleEndian(pollEvent[(size - DataSize)..]);
    }

    public void Dispose() => _descriptor.Dispose();
}
