// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace FenceKit;

/// <summary>
/// The system calls behind eventfds, futexes, pidfds and sealed memory: with <see cref="SharedWords"/> the only native and unsafe code of the
/// library. DllImport with plain integers, because LibraryImport would turn on unsafe blocks for the whole project. Callers must call
/// <see cref="LinuxFences.ThrowIfNotSupported"/> first.
/// </summary>
internal static class LinuxNative
{
    internal const int TimedOut = 110;     // ETIMEDOUT

    internal const int SealSeal = 0x01;        // F_SEAL_SEAL
    internal const int SealShrink = 0x02;      // F_SEAL_SHRINK
    internal const int SealGrow = 0x04;        // F_SEAL_GROW
    internal const int SealFutureWrite = 0x10; // F_SEAL_FUTURE_WRITE, Linux 5.1

    private const int CloseOnExec = 0x80000; // EFD_CLOEXEC, O_CLOEXEC
    private const int NonBlocking = 0x800;   // EFD_NONBLOCK, O_NONBLOCK
    private const int NoTerminal = 0x100;    // O_NOCTTY
    private const uint MemoryCloseOnExec = 1;    // MFD_CLOEXEC
    private const uint MemoryAllowSealing = 2;   // MFD_ALLOW_SEALING
    private const uint MemoryNotExecutable = 8;  // MFD_NOEXEC_SEAL, Linux 6.3
    private const int LongestMemoryName = 249;
    private const int AddSeals = 1033; // F_ADD_SEALS
    private const int ReadSeals = 1034; // F_GET_SEALS
    private const short PollIn = 1;
    private const short PollNotOpen = 0x20; // POLLNVAL
    private const int ProtectRead = 1;   // PROT_READ
    private const int ProtectWrite = 2;  // PROT_WRITE
    private const int MapShared = 1;     // MAP_SHARED
    private const int FutexWaitOperation = 0; // shared between processes: without the private flag
    private const int FutexWakeOperation = 1;

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>The numbers of system calls below are those of x86-64 and arm64.</summary>
    internal static bool IsSupported =>
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    internal static SafeFileHandle CreateEvent()
    {
        int descriptor = CreateEventCore(0, CloseOnExec | NonBlocking);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failed("eventfd");
    }

    internal static SafeFileHandle OpenProcess(int processId)
    {
        long descriptor = SystemCall(434, processId, 0, 0, 0, 0, 0); // the same number on all architectures
        return descriptor >= 0 ? new SafeFileHandle((nint)descriptor, ownsHandle: true) : throw Failed("pidfd_open");
    }

    /// <summary>Creates anonymous memory (a memfd) that can be sealed, and mapped by several processes. Its size is 0; the caller sets it.</summary>
    internal static SafeFileHandle CreateMemory(string name)
    {
        byte[] text = Encoding.UTF8.GetBytes(name);
        byte[] terminated = new byte[Math.Min(text.Length, LongestMemoryName) + 1];
        text.AsSpan(0, terminated.Length - 1).CopyTo(terminated);
        int descriptor = CreateMemoryCore(ref terminated[0], MemoryCloseOnExec | MemoryAllowSealing | MemoryNotExecutable);
        if (descriptor < 0)
        {
            descriptor = CreateMemoryCore(ref terminated[0], MemoryCloseOnExec | MemoryAllowSealing); // before Linux 6.3
        }

        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failed("memfd_create");
    }

    /// <summary>
    /// Adds seals, which forbid certain operations on the memory for good. False when the kernel does not know a seal, or the memory cannot
    /// be sealed any longer.
    /// </summary>
    internal static bool TrySeal(SafeFileHandle memory, int seals) => Control(memory, AddSeals, seals) == 0;

    /// <summary>Returns the seals; less than 0 for a descriptor that cannot have any.</summary>
    internal static long GetSeals(SafeFileHandle memory) => Control(memory, ReadSeals, 0);

    /// <summary>Opens the file behind a descriptor of another process, for reading. Never blocks, whatever kind of file it is.</summary>
    internal static SafeFileHandle OpenDescriptorOf(int processId, int descriptor)
    {
        byte[] path = Encoding.UTF8.GetBytes($"/proc/{processId}/fd/{descriptor}\0");
        int opened = Open(ref path[0], CloseOnExec | NonBlocking | NoTerminal, 0);
        return opened >= 0 ? new SafeFileHandle(opened, ownsHandle: true) : throw Failed($"Opening descriptor {descriptor} of the process {processId}");
    }

    internal static bool TryWriteEvent(SafeFileHandle descriptor)
    {
        ulong one = 1;
        return Write(descriptor, ref one, sizeof(ulong)) == sizeof(ulong);
    }

    /// <summary>Waits until the descriptor becomes readable. False when the time ran out.</summary>
    /// <exception cref="IOException">
    /// The descriptor can no longer become readable: it is not open, is in an error state, or its other end was closed and nothing is left to
    /// read.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The descriptor was disposed.</exception>
    internal static bool WaitReadable(SafeFileHandle descriptor, int milliseconds)
    {
        short events = WaitEvents(descriptor, milliseconds);
        return (events & PollIn) != 0 || (events != 0 && ThrowNeverReadable(events));
    }

    private static bool ThrowNeverReadable(short events) => throw new IOException((events & PollNotOpen) != 0
        ? "The descriptor is not open."
        : "The descriptor is in error, or its other end was closed with nothing left to read: it does not become readable any more.");

    private static short WaitEvents(SafeFileHandle descriptor, int milliseconds)
    {
        bool added = false;
        descriptor.DangerousAddRef(ref added);
        try
        {
            PollDescriptor poll = new() { Descriptor = (int)descriptor.DangerousGetHandle(), Events = PollIn };
            if (poll.Descriptor < 0)
            {
                return PollNotOpen; // poll ignores negative descriptors, and would wait in vain
            }

            // Less than 0: interrupted by a signal, or short of memory. The caller polls again.
            return Poll(ref poll, 1, milliseconds) > 0 ? poll.Returned : (short)0;
        }
        finally
        {
            descriptor.DangerousRelease();
        }
    }

    private static long Control(SafeFileHandle descriptor, int command, int argument)
    {
        bool added = false;
        descriptor.DangerousAddRef(ref added);
        try
        {
            return SystemCall(IsArm ? 25 : 72, descriptor.DangerousGetHandle(), command, argument, 0, 0, 0);
        }
        finally
        {
            descriptor.DangerousRelease();
        }
    }

    /// <summary>Blocks while the word has the given value. True when it may have changed; false when the time ran out.</summary>
    internal static bool FutexWait(nint address, int value, int milliseconds)
    {
        TimeSpec limit = new() { Seconds = milliseconds / 1000, Nanoseconds = milliseconds % 1000 * 1_000_000L };
        long result = FutexWaitCall(IsArm ? 98 : 202, address, FutexWaitOperation, value, ref limit, 0, 0);
        return result == 0 || Marshal.GetLastPInvokeError() != TimedOut;
    }

    internal static void FutexWakeAll(nint address) =>
        SystemCall(IsArm ? 98 : 202, address, FutexWakeOperation, int.MaxValue, 0, 0, 0);

    /// <summary>Maps the beginning of the memory. Needs no further descriptor, and does not make the runtime load files.</summary>
    internal static nint Map(SafeFileHandle memory, int bytes, bool isWritable)
    {
        nint address = MapCore(0, bytes, isWritable ? ProtectRead | ProtectWrite : ProtectRead, MapShared, memory, 0);
        return address is not (0 or -1) ? address : throw Failed("mmap");
    }

    internal static bool Unmap(nint address, int bytes) => UnmapCore(address, bytes) == 0;

    internal static IOException Failed(string call) =>
        new($"{call} failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [DllImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CreateEventCore(uint initial, int flags);

    [DllImport("libc", EntryPoint = "memfd_create", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CreateMemoryCore(ref byte name, uint flags);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(ref byte path, int flags, int mode);

    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Write(SafeFileHandle descriptor, ref ulong value, nint count);

    [DllImport("libc", EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll(ref PollDescriptor descriptors, nuint count, int milliseconds);

    [DllImport("libc", EntryPoint = "mmap", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint MapCore(nint address, nint length, int protection, int flags, SafeFileHandle memory, nint offset);

    [DllImport("libc", EntryPoint = "munmap", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int UnmapCore(nint address, nint length);

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long SystemCall(long number, nint a, nint b, nint c, nint d, nint e, nint f);

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long FutexWaitCall(long number, nint address, nint operation, nint value, ref TimeSpec limit, nint e, nint f);
}
