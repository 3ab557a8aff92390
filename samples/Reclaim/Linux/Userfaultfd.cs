// SPDX-License-Identifier: MIT

using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace FenceKit.Samples.Reclaim.Linux;

/// <summary>
/// Tells of every madvise that is about to take pages from one mapping, and holds its caller in the kernel until the event is
/// <em>read</em>. Polling sees the event without releasing anybody: between the two lies the whole invalidation.
/// </summary>
/// <remarks>
/// <para>One descriptor a mapping: what is about to go must be known before the event may be read.</para>
/// <para>The mapping is registered for write protection with nothing protected, so that no thread ever faults into this descriptor. A
/// managed thread that faults while the garbage collector runs would wait for the monitor, and the monitor for the collector.</para>
/// </remarks>
internal sealed unsafe class Userfaultfd : IDisposable
{
    private const int UserModeOnly = 1;             // without it the call needs a privilege, and we never need kernel faults
    private const nuint IoctlApi = 0xc018aa3f;
    private const nuint IoctlRegister = 0xc020aa00;
    private const ulong ApiVersion = 0xaa;
    private const ulong FeatureWriteProtect = 1;
    private const ulong FeatureEventRemove = 8;
    private const ulong RegisterWriteProtect = 2;
    private const byte EventRemove = 0x15;
    private const int MessageSize = 32;

    public Userfaultfd(AnonymousMapping mapping)
    {
        ArgumentNullException.ThrowIfNull(mapping);

        // O_NONBLOCK is not a matter of taste: polling a blocking userfaultfd reports an error at once.
        Descriptor = SafeDescriptor.From(
            LinuxCalls.CreateUserfaultfd(LinuxNumbers.Userfaultfd, LinuxNumbers.CloseOnExec | LinuxNumbers.NonBlocking | UserModeOnly),
            "userfaultfd");
        try
        {
            ulong* api = stackalloc ulong[3] { ApiVersion, FeatureWriteProtect | FeatureEventRemove, 0 };
            Control(IoctlApi, api, "userfaultfd(API)");
            ulong* range = stackalloc ulong[4] { mapping.Address, (ulong)mapping.Length, RegisterWriteProtect, 0 };
            Control(IoctlRegister, range, "userfaultfd(REGISTER)");
        }
        catch
        {
            Descriptor.Dispose();
            throw;
        }
    }

    public SafeDescriptor Descriptor { get; }

    /// <summary>Reads one event, which lets the thread that caused it go on. False when there was none.</summary>
    public bool TryAcknowledge(out ulong start, out ulong end)
    {
        byte* message = stackalloc byte[MessageSize];
        nint read = LinuxCalls.Read(Descriptor, message, MessageSize);
        (start, end) = (0, 0);
        if (read < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            return error == LinuxException.TryAgain ? false : throw new LinuxException("read(userfaultfd)", error);
        }

        if (read != MessageSize || message[0] != EventRemove)
        {
            throw new IOException($"userfaultfd sent an event that was not asked for (0x{message[0]:x2}, {read} bytes).");
        }

        var fields = new ReadOnlySpan<byte>(message, MessageSize);
        start = BinaryPrimitives.ReadUInt64LittleEndian(fields[8..]);
        end = BinaryPrimitives.ReadUInt64LittleEndian(fields[16..]);
        return true;
    }

    /// <summary>Ends the watch. Whoever is still held goes on at once, whatever the devices do: the way out when something hangs.</summary>
    public void Dispose() => Descriptor.Dispose();

    private void Control(nuint request, void* argument, string call)
    {
        if (LinuxCalls.Control(Descriptor, request, argument) != 0)
        {
            throw LinuxException.ForLastCall(call);
        }
    }
}
