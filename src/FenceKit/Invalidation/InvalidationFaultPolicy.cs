// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>What a faulted fence of a subscriber means to an invalidation.</summary>
public enum InvalidationFaultPolicy
{
    /// <summary>The subscriber may still use the range, so the session cannot complete. This is the safe choice.</summary>
    Fail = 0,

    /// <summary>
    /// A faulted fence means that the device is gone and no longer touches the memory (after a reset, or when it was unplugged): the fence
    /// counts as done. The session still fails when a subscriber throws while it is being scheduled, and when a device is lost and has not
    /// been reported as stopped.
    /// </summary>
    TreatAsQuiesced = 1,
}
