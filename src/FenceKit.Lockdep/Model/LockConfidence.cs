// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>How sure a report is.</summary>
public enum LockConfidence
{
    /// <summary>Follows from the declared classes alone: some locks that obey the same rules could hang.</summary>
    Possible = 0,

    /// <summary>Hangs if what was seen with one instance of a class also happens with another instance of that class that was seen.</summary>
    Likely = 1,

    /// <summary>The very instances that were seen hang, if the paths that were seen run at the same time; or a rule was broken outright.</summary>
    Certain = 2,
}
