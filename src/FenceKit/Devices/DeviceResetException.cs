// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// The error of the commands that were running when the device was reset. Commands that had not started run after the reset.
/// </summary>
[DebuggerDisplay("{Message}")]
public sealed class DeviceResetException : Exception
{
    /// <summary>Creates the exception without a device.</summary>
    public DeviceResetException()
        : this("The device was reset.")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    /// <param name="message">What was reset.</param>
    public DeviceResetException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and a cause.</summary>
    /// <param name="message">What was reset.</param>
    /// <param name="innerException">The reason for the reset.</param>
    public DeviceResetException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The fence of the command that exceeded its time limit; the default fence when the reset was requested.</summary>
    public Fence Culprit { get; private init; }

    internal static DeviceResetException ForHang(string queue, Fence culprit, TimeSpan limit) =>
        new($"The device behind the queue '{queue}' was reset: the command {culprit} ran for more than {limit}.") { Culprit = culprit };

    internal static DeviceResetException OnDemand(string queue) => new($"The device behind the queue '{queue}' was reset on demand.");
}
