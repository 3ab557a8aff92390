// SPDX-License-Identifier: MIT

using System.Runtime.InteropServices;

namespace FenceKit.Samples.Reclaim.Linux;

/// <summary>The few numbers that differ between the architectures this sample knows; on any other it runs simulated.</summary>
internal static class LinuxNumbers
{
    // io_uring is younger than the unification of the system call tables, so its numbers are the same everywhere.
    public const int IoUringSetup = 425;
    public const int IoUringEnter = 426;
    public const int IoUringRegister = 427;

    public const int CloseOnExec = 0x80000;
    public const int NonBlocking = 0x800;

    /// <summary>Whether the numbers below are known for this process.</summary>
    public static bool AreKnown =>
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is (Architecture.X64 or Architecture.Arm64);

    public static int Userfaultfd => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 323 : 282;

    /// <summary>O_DIRECT: past the page cache, so that a read is really in flight for a while.</summary>
    public static int OpenDirect => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 0x4000 : 0x10000;

    /// <summary>struct epoll_event is packed on x64 only.</summary>
    public static int PollEventSize => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
}
