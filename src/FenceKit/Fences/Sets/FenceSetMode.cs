// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The condition for a set of fences to be complete.</summary>
internal enum FenceSetMode
{
    /// <summary>All members are complete. A fault does not complete the set early.</summary>
    All = 0,

    /// <summary>One member is complete, with any outcome.</summary>
    Any = 1,
}
