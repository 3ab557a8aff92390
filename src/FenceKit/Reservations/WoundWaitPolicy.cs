// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Which context backs off when two contexts want each other's locks. The older one always succeeds.</summary>
public enum WoundWaitPolicy
{
    /// <summary>
    /// The older context wounds the younger holder, which backs off when it next has to wait. Fewer back-offs, each with a little more work.
    /// </summary>
    WoundWait = 0,

    /// <summary>
    /// A younger context that holds locks backs off as soon as it would have to wait for an older one. More back-offs, each of them cheap.
    /// </summary>
    WaitDie = 1,
}
