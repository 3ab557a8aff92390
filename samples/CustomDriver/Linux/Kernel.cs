// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit.Samples.CustomDriver.Linux;

/// <summary>What Tmds.LibC lacks or is slow at; all other calls are its own. None may suppress the GC transition: some of them sleep.</summary>
internal static unsafe partial class Kernel
{
    // Younger than Tmds.LibC, which ends with Linux 5.7: buffers that are registered and replaced one by one (5.13).
    internal const uint RegisterBuffers = 15; // IORING_REGISTER_BUFFERS2
    internal const uint UpdateBuffers = 16;   // IORING_REGISTER_BUFFERS_UPDATE

    private const int EnterNumber = 426; // the same on every architecture: io_uring is younger than the unification of the tables

    /// <summary>The one call that is made for every batch. io_uring_enter of Tmds.LibC wraps syscall(2) once more, and takes a tenth longer.</summary>
    internal static nint EnterRing(int ring, uint submit, uint minimum, uint flags) =>
        Call(EnterNumber, ring, (nint)submit, (nint)minimum, (nint)flags, 0, 0);

    internal static int Check(long result, string call) =>
        result >= 0 ? (int)result : throw new IOException($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");

    internal static void* Check(void* mapping, string call) =>
        (nint)mapping != -1 ? mapping : throw new IOException($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");

    // The prototype of syscall(2) is variadic, which on Linux x64 and arm64 makes no difference for integers and pointers.
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Call(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    /// <summary>struct io_uring_rsrc_register</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    internal struct BufferTable
    {
        [FieldOffset(0)] public uint Count;
        [FieldOffset(4)] public uint Flags;
    }

    /// <summary>struct io_uring_rsrc_update2</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    internal struct BufferUpdate
    {
        [FieldOffset(0)] public uint Place;
        [FieldOffset(8)] public ulong Vectors;
        [FieldOffset(24)] public uint Count;
    }
}
