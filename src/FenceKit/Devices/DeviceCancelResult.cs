// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>What became of an attempt to cancel a command.</summary>
public enum DeviceCancelResult
{
    /// <summary>The command had not started and never will. Its fence faults with <see cref="OperationCanceledException"/>, in its turn.</summary>
    Canceled = 0,

    /// <summary>
    /// The command is running: the driver will be asked to stop it. Its fence signals, one way or the other, once the device is through
    /// with its memory.
    /// </summary>
    Requested = 1,

    /// <summary>The command is over.</summary>
    TooLate = 2,
}
