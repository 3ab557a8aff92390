// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>An error of a fence that says whether the memory behind it is at rest. Any other error says nothing about it.</summary>
internal interface IMemoryFault
{
    /// <summary>
    /// True: whatever the policy of the notifier, this fault is not the end of the use of the memory. May change from true to false, never
    /// back.
    /// </summary>
    bool MayStillTouchMemory { get; }
}
