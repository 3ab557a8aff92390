// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>The confidence of a report.</summary>
public enum LockConfidence
{
    /// <summary>Follows from the declared classes alone: some locks that obey the same rules could deadlock.</summary>
    Possible = 0,

    /// <summary>
    /// Deadlocks if what was observed with one instance of a class also happens with another observed instance of that class.
    /// </summary>
    Likely = 1,

    /// <summary>
    /// The observed instances themselves deadlock if the observed paths run at the same time; or a rule was broken outright.
    /// </summary>
    Certain = 2,
}
