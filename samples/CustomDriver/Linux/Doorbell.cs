// SPDX-License-Identifier: MIT
using static Tmds.Linux.LibC;

namespace FenceKit.Samples.CustomDriver.Linux;

/// <summary>An eventfd: any thread rings, the ring's thread hears it as a completion.</summary>
internal sealed unsafe class Doorbell : IDisposable
{
    internal Doorbell() => Descriptor = Kernel.Check(eventfd(0, EFD_CLOEXEC), "eventfd");

    internal int Descriptor { get; }

    internal void Press()
    {
        ulong one = 1;
        Kernel.Check(write(Descriptor, &one, sizeof(ulong)), "write(eventfd)");
    }

    /// <summary>Makes it silent until it is pressed again. Only when it is known to have been pressed: it would sleep.</summary>
    internal void Clear()
    {
        ulong count;
        Kernel.Check(read(Descriptor, &count, sizeof(ulong)), "read(eventfd)");
    }

    public void Dispose() => _ = close(Descriptor);
}
