// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// A class of locks that are taken together, in any order. Each context and each lock belongs to one class. Modeled on the kernel's ww_class.
/// </summary>
[DebuggerDisplay("{Name,nq}: {Policy}")]
public sealed class WoundWaitClass
{
    private ulong _lastTicket;

    /// <summary>Creates a class.</summary>
    /// <param name="name">The name of what the locks protect, for errors.</param>
    /// <param name="policy">Which of two contexts backs off when they want each other's locks.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="policy"/> is none of the named values.</exception>
    public WoundWaitClass(string name, WoundWaitPolicy policy = WoundWaitPolicy.WoundWait)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (policy is not (WoundWaitPolicy.WoundWait or WoundWaitPolicy.WaitDie))
        {
            throw new ArgumentOutOfRangeException(nameof(policy), policy, "Neither wound-wait nor wait-die.");
        }

        Name = name;
        Policy = policy;
    }

    /// <summary>The name of what the locks protect.</summary>
    public string Name { get; }

    /// <summary>Which of two contexts backs off when they want each other's locks.</summary>
    public WoundWaitPolicy Policy { get; }

    internal ulong NextTicket() => Interlocked.Increment(ref _lastTicket);
}
