// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>The error of every fence of a device that is gone: unplugged, crashed, or beyond a reset.</summary>
[DebuggerDisplay("{Message}")]
public sealed class DeviceLostException : Exception
{
    /// <summary>Creates the exception without a device.</summary>
    public DeviceLostException()
        : this("The device is lost.")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    /// <param name="message">What was lost.</param>
    public DeviceLostException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and a cause.</summary>
    /// <param name="message">What was lost.</param>
    /// <param name="innerException">Why.</param>
    public DeviceLostException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal static DeviceLostException For(string queue, Exception reason) =>
        new($"The device behind the queue '{queue}' is lost: {reason.Message}", reason);
}
