// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>What became of an attempt to submit a command.</summary>
public enum DeviceSubmitStatus
{
    /// <summary>The command is in the queue; its fence will signal.</summary>
    Submitted = 0,

    /// <summary>There is no room now. Try again later, or use the asynchronous twin.</summary>
    Full = 1,

    /// <summary>The queue is being disposed.</summary>
    Closed = 2,

    /// <summary>The device is lost; see <see cref="DeviceQueue{TCommand}.LostReason"/>.</summary>
    Lost = 3,

    /// <summary>
    /// Memory that the command uses is being invalidated. Try again when that is over. A <see cref="DeviceQueue{TCommand}"/> never says so,
    /// since it keeps the command until then; a driver with a queue of its own may.
    /// </summary>
    RangeBusy = 4,
}
