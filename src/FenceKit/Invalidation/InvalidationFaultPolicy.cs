// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>What a fence that faults means to an invalidation.</summary>
public enum InvalidationFaultPolicy
{
    /// <summary>The subscriber may still use the range: the session cannot complete. The safe choice.</summary>
    Fail = 0,

    /// <summary>
    /// The fault is the device's way to say that it is gone and touches nothing any more (a reset, an unplugged device): the fence counts
    /// as done. A subscriber that throws while being scheduled still fails the session, and so does a device that is lost
    /// and of which nobody has said that it has stopped.
    /// </summary>
    TreatAsQuiesced = 1,
}
