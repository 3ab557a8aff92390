// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The result of an attempt to submit a command.</summary>
public enum DeviceSubmitStatus
{
    /// <summary>The command is in the queue; its fence will signal.</summary>
    Submitted = 0,

    /// <summary>There is no room now. Try again later, or use <see cref="DeviceQueue{TCommand}.SubmitAsync"/>.</summary>
    Full = 1,

    /// <summary>The queue is being disposed.</summary>
    Closed = 2,

    /// <summary>The device is lost; see <see cref="DeviceQueue{TCommand}.LostReason"/>.</summary>
    Lost = 3,

    /// <summary>
    /// Memory that the command uses is being invalidated; try again afterwards. A <see cref="DeviceQueue{TCommand}"/> never returns this,
    /// since it keeps the command until then; a driver with its own kind of queue may.
    /// </summary>
    RangeBusy = 4,
}
