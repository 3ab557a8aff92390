// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The result of an attempt to cancel a command.</summary>
public enum DeviceCancelResult
{
    /// <summary>The command had not started and never will. Its fence faults with <see cref="OperationCanceledException"/>, in its turn.</summary>
    Canceled = 0,

    /// <summary>
    /// The command is running, and the driver will be asked to stop it. Its fence signals, with or without a fault, when the device no longer
    /// uses its memory.
    /// </summary>
    Requested = 1,

    /// <summary>The command has already ended, or the device is lost.</summary>
    TooLate = 2,
}
