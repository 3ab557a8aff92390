// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Who gives way when two contexts want each other's locks. The older one always gets through.</summary>
public enum WoundWaitPolicy
{
    /// <summary>
    /// The older wounds the younger holder, which notices at its next contention. Fewer back-offs; a little more work for each.
    /// </summary>
    WoundWait = 0,

    /// <summary>The younger backs off as soon as it meets an older one while it holds locks itself. More back-offs, each cheap.</summary>
    WaitDie = 1,
}
