// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit.Samples.CustomDriver.Linux;

/// <summary>Every entry into the kernel that this sample makes. None may suppress the GC transition: some of them sleep.</summary>
internal static unsafe partial class Kernel
{
    internal const int ReadWrite = 1 | 2;              // PROT_READ | PROT_WRITE
    internal const int PrivateAnonymous = 0x02 | 0x20; // MAP_PRIVATE | MAP_ANONYMOUS
    internal const int SharedPopulated = 0x01 | 0x8000; // MAP_SHARED | MAP_POPULATE
    internal const int CloseOnExec = 0x80000;          // O_CLOEXEC
    internal const int Interrupted = 4;                // EINTR

    // The same on every architecture: io_uring is younger than the unification of the tables.
    private const int SetUp = 425;
    private const int Enter = 426;
    private const int Register = 427;

    internal static nint SetUpRing(uint entries, void* parameters) => Call(SetUp, (nint)entries, (nint)parameters, 0, 0, 0, 0);

    internal static nint EnterRing(int ring, uint submit, uint minimum, uint flags) =>
        Call(Enter, ring, (nint)submit, (nint)minimum, (nint)flags, 0, 0);

    internal static nint RegisterWithRing(int ring, uint operation, void* argument, uint count) =>
        Call(Register, ring, (nint)operation, (nint)argument, (nint)count, 0, 0);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int CreateMemoryFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    internal static partial int CreatePipe(int* descriptors, int flags);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int CreateEvent(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int descriptor, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int descriptor, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int descriptor);

    internal static nint Check(nint result, string call) =>
        result >= 0 ? result : throw new IOException($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");

    // The prototype of syscall(2) is variadic, which on Linux x64 and arm64 makes no difference for integers and pointers.
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Call(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
