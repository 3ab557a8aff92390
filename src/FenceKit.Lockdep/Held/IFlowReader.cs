// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>
/// A held list, or all held lists, that may contain a copy of a flow's locks. The flow notifies them through this interface without knowing
/// their type.
/// </summary>
internal interface IFlowReader
{
    /// <summary>
    /// Makes the list stale, so that it is compared with the flow before its next use. Called by any thread, after a full fence.
    /// </summary>
    void MarkStale();
}
