// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>One class was taken while another was held. Immutable.</summary>
[DebuggerDisplay("{From,nq} -> {To,nq} ({Kinds})")]
public sealed class LockDependency
{
    internal LockDependency(string from, string to, LockDependencyKinds kinds, LockViolationEdge evidence)
    {
        From = from;
        To = to;
        Kinds = kinds;
        Evidence = evidence;
    }

    /// <summary>The class that was held.</summary>
    public string From { get; }

    /// <summary>The class that was taken inside.</summary>
    public string To { get; }

    /// <summary>In which modes.</summary>
    public LockDependencyKinds Kinds { get; }

    /// <summary>The first time it was seen.</summary>
    public LockViolationEdge Evidence { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{From} -> {To}";
}
