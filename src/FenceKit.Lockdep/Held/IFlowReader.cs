// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>A list that may have a copy of what a flow holds, or all such lists, as the flow sees them: it tells them and does not know them.</summary>
internal interface IFlowReader
{
    /// <summary>By any thread, after a full fence: the list is to be compared with the flow before it is used.</summary>
    void MarkStale();
}
