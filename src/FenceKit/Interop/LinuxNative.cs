// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FenceKit;

/// <summary>
/// The system calls behind eventfds, futexes and pidfds: with <see cref="SharedWords"/> the only native and unsafe code of the library.
/// DllImport with plain integers, because LibraryImport would turn on unsafe blocks for the whole project.
/// Callers go through <see cref="LinuxFences.ThrowIfNotSupported"/> first.
/// </summary>
internal static class LinuxNative
{
    internal const int TryAgain = 11;      // EAGAIN: also "the word has another value" of a futex
    internal const int Interrupted = 4;    // EINTR
    internal const int TimedOut = 110;     // ETIMEDOUT

    private const int CloseOnExec = 0x80000; // EFD_CLOEXEC
    private const int NonBlocking = 0x800;   // EFD_NONBLOCK
    private const short PollIn = 1;
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

    /// <summary>The numbers below are those of x86-64 and arm64.</summary>
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
        long descriptor = SystemCall(434, processId, 0, 0, 0, 0, 0); // the same number everywhere
        return descriptor >= 0 ? new SafeFileHandle((nint)descriptor, ownsHandle: true) : throw Failed("pidfd_open");
    }

    internal static bool TryWriteEvent(SafeFileHandle descriptor)
    {
        ulong one = 1;
        return Write(descriptor, ref one, sizeof(ulong)) == sizeof(ulong);
    }

    /// <summary>Whether the descriptor becomes readable in time.</summary>
    internal static bool WaitReadable(SafeFileHandle descriptor, int milliseconds)
    {
        bool added = false;
        descriptor.DangerousAddRef(ref added);
        try
        {
            PollDescriptor poll = new() { Descriptor = (int)descriptor.DangerousGetHandle(), Events = PollIn };
            return Poll(ref poll, 1, milliseconds) > 0;
        }
        finally
        {
            descriptor.DangerousRelease();
        }
    }

    /// <summary>Sleeps while the word has the value. True when it may have changed; false when the time ran out.</summary>
    internal static bool FutexWait(nint address, int value, int milliseconds)
    {
        TimeSpec limit = new() { Seconds = milliseconds / 1000, Nanoseconds = milliseconds % 1000 * 1_000_000L };
        long result = FutexWaitCall(IsArm ? 98 : 202, address, FutexWaitOperation, value, ref limit, 0, 0);
        return result == 0 || Marshal.GetLastPInvokeError() != TimedOut;
    }

    internal static void FutexWakeAll(nint address) =>
        SystemCall(IsArm ? 98 : 202, address, FutexWakeOperation, int.MaxValue, 0, 0, 0);

    private static IOException Failed(string call) =>
        new($"{call} failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [DllImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CreateEventCore(uint initial, int flags);

    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Write(SafeFileHandle descriptor, ref ulong value, nint count);

    [DllImport("libc", EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll(ref PollDescriptor descriptors, nuint count, int milliseconds);

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long SystemCall(long number, nint a, nint b, nint c, nint d, nint e, nint f);

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long FutexWaitCall(long number, nint address, nint operation, nint value, ref TimeSpec limit, nint e, nint f);
}
