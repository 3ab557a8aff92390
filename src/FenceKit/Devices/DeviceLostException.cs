// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>The error of the pending fences of a device that is lost: unplugged, crashed, or impossible to reset.</summary>
[DebuggerDisplay("{Message}")]
public sealed class DeviceLostException : Exception, IMemoryFault
{
    private bool _mayStillTouchMemory;

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
    /// <param name="innerException">The reason for the loss.</param>
    public DeviceLostException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>
    /// Whether the device may still touch memory that its commands used, because it could not be stopped or nobody has reported that it was.
    /// No invalidation of that memory completes as long as this is true. It becomes false, for good, when the driver reports that the device
    /// has stopped; see <see cref="DeviceQueue{TCommand}.ReportStopped"/>.
    /// </summary>
    public bool MayStillTouchMemory
    {
        get => Volatile.Read(ref _mayStillTouchMemory);
        internal set => Volatile.Write(ref _mayStillTouchMemory, value);
    }

    /// <summary>The number of devices and commands that failed for the same cause, including this device.</summary>
    internal int Links { get; private init; } = 1;

    /// <summary>
    /// Creates the error. Earlier failures for the same cause are counted but not kept, so the size of the error does not grow with the
    /// chain.
    /// </summary>
    internal static DeviceLostException For(string queue, Exception reason)
    {
        Exception cause = DeviceFaultChain.CauseOfLoss(reason, out int links);
        string chain = links == 1 ? "" : $", as the last of {links} devices and commands that failed for one cause";
        return new($"The device behind the queue '{queue}' is lost{chain}: {cause.Message}", cause) { MayStillTouchMemory = true, Links = links };
    }
}
