// SPDX-License-Identifier: MIT

using System.Runtime.InteropServices;

namespace FenceKit.Samples.Reclaim.Linux;

/// <summary>
/// Every entry into the kernel that this sample makes itself, as thin as possible. Lengths and pointers are checked by the classes that
/// own the memory (<see cref="AnonymousMapping"/>, <see cref="Userfaultfd"/>, <see cref="IoUring"/>), never here.
/// </summary>
/// <remarks>
/// None of these may carry SuppressGCTransition: some of them sleep in the kernel until another managed thread acts, and that thread may
/// first have to stop for the garbage collector, which in turn would wait for this one.
/// </remarks>
internal static unsafe partial class LinuxCalls
{
    private const string C = "libc";

    [LibraryImport(C, EntryPoint = "mmap", SetLastError = true)]
    public static partial nint MapMemory(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport(C, EntryPoint = "mmap", SetLastError = true)]
    public static partial nint MapMemory(nint address, nuint length, int protection, int flags, SafeDescriptor descriptor, long offset);

    [LibraryImport(C, EntryPoint = "munmap", SetLastError = true)]
    public static partial int UnmapMemory(nint address, nuint length);

    [LibraryImport(C, EntryPoint = "madvise", SetLastError = true)]
    public static partial int AdviseMemory(nint address, nuint length, int advice);

    [LibraryImport(C, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint Open(string path, int flags, int mode);

    [LibraryImport(C, EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport(C, EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(SafeDescriptor descriptor, void* buffer, nuint length);

    [LibraryImport(C, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(SafeDescriptor descriptor, void* buffer, nuint length);

    [LibraryImport(C, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(SafeDescriptor descriptor, nuint request, void* argument);

    [LibraryImport(C, EntryPoint = "eventfd", SetLastError = true)]
    public static partial nint CreateEvent(uint initial, int flags);

    [LibraryImport(C, EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial nint CreatePoll(int flags);

    [LibraryImport(C, EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int ControlPoll(SafeDescriptor poll, int operation, SafeDescriptor descriptor, void* pollEvent);

    [LibraryImport(C, EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int WaitPoll(SafeDescriptor poll, void* events, int capacity, int timeoutMilliseconds);

    // What libc has no wrapper for goes through syscall(2). Its prototype is variadic, which on Linux x64 and arm64 makes no difference
    // for integer and pointer arguments.

    [LibraryImport(C, EntryPoint = "syscall", SetLastError = true)]
    public static partial nint CreateUserfaultfd(nint number, int flags);

    [LibraryImport(C, EntryPoint = "syscall", SetLastError = true)]
    public static partial nint SetUpRing(nint number, uint entries, void* parameters);

    [LibraryImport(C, EntryPoint = "syscall", SetLastError = true)]
    public static partial nint EnterRing(
        nint number, SafeDescriptor ring, uint submit, uint minimum, uint flags, void* argument, nuint size);

    [LibraryImport(C, EntryPoint = "syscall", SetLastError = true)]
    public static partial nint RegisterWithRing(nint number, SafeDescriptor ring, uint operation, void* argument, uint count);
}
