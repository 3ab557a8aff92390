// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>Locks that are taken together, in any order. Contexts and locks belong to one class. As ww_class.</summary>
[DebuggerDisplay("{Name,nq}: {Policy}")]
public sealed class WoundWaitClass
{
    private ulong _lastTicket;

    /// <summary>Creates a class.</summary>
    /// <param name="name">What the locks protect: it appears in errors.</param>
    /// <param name="policy">Who gives way.</param>
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

    /// <summary>What the locks protect.</summary>
    public string Name { get; }

    /// <summary>Who gives way.</summary>
    public WoundWaitPolicy Policy { get; }

    internal ulong NextTicket() => Interlocked.Increment(ref _lastTicket);
}
