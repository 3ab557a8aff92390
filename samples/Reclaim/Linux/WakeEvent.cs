// SPDX-License-Identifier: MIT

using System.Runtime.InteropServices;

namespace FenceKit.Samples.Reclaim.Linux;

/// <summary>
/// An eventfd: wakes a thread that sleeps in the kernel on other descriptors. Setting it never waits and never allocates.
/// </summary>
internal sealed unsafe class WakeEvent : IDisposable
{
    public SafeDescriptor Descriptor { get; } =
        SafeDescriptor.From(LinuxCalls.CreateEvent(0, LinuxNumbers.CloseOnExec | LinuxNumbers.NonBlocking), "eventfd");

    public void Set()
    {
        ulong one = 1;
        if (LinuxCalls.Write(Descriptor, &one, sizeof(ulong)) < 0 && Marshal.GetLastPInvokeError() != LinuxException.TryAgain)
        {
            throw LinuxException.ForLastCall("write(eventfd)");
        }
    }

    public void Reset()
    {
        ulong count;
        if (LinuxCalls.Read(Descriptor, &count, sizeof(ulong)) < 0 && Marshal.GetLastPInvokeError() != LinuxException.TryAgain)
        {
            throw LinuxException.ForLastCall("read(eventfd)");
        }
    }

    public void Dispose() => Descriptor.Dispose();
}
