// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>A fault of a fence that tells whether the memory is still in use. Any other exception tells nothing about it.</summary>
internal interface IMemoryFault
{
    /// <summary>
    /// True when the memory may still be used in spite of the fault, whatever the policy of the notifier. May change from true to false,
    /// never back.
    /// </summary>
    bool MayStillTouchMemory { get; }
}
