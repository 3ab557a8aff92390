// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>When several fences together count as complete.</summary>
internal enum FenceSetMode
{
    /// <summary>When every one is complete. A fault does not end it early: a waiter for all needs all to be over.</summary>
    All = 0,

    /// <summary>When the first is complete, with whatever outcome.</summary>
    Any = 1,
}
