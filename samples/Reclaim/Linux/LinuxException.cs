// SPDX-License-Identifier: MIT

using System.Runtime.InteropServices;

namespace FenceKit.Samples.Reclaim.Linux;

/// <summary>A system call that the kernel refused, in the words a reader of its manual page would look for.</summary>
internal sealed class LinuxException : IOException
{
    public const int NotPermitted = 1; // EPERM
    public const int NoSuchEntry = 2;  // ENOENT
    public const int Interrupted = 4;  // EINTR
    public const int TryAgain = 11;    // EAGAIN
    public const int NoMemory = 12;    // ENOMEM
    public const int NoSuchCall = 38;  // ENOSYS
    public const int TimedOut = 62;    // ETIME
    public const int Already = 114;    // EALREADY
    public const int Cancelled = 125;  // ECANCELED

    public LinuxException(string call, int error)
        : base($"{call}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})")
    {
        Error = error;
    }

    /// <summary>The errno value.</summary>
    public int Error { get; }

    /// <summary>To be called at once after the failing call: any other call may overwrite errno.</summary>
    public static LinuxException ForLastCall(string call) => new(call, Marshal.GetLastPInvokeError());
}
