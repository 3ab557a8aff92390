// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>One class, or class/subclass, was taken while another was held. Immutable.</summary>
/// <param name="From">The class that was held.</param>
/// <param name="To">The class that was taken inside.</param>
/// <param name="Kinds">In which modes.</param>
[DebuggerDisplay("{From,nq} -> {To,nq} ({Kinds})")]
public sealed record LockDependency(string From, string To, LockDependencyKinds Kinds)
{
    internal LockDependency(string from, string to, LockDependencyKinds kinds, LockViolationEdge evidence)
        : this(from, to, kinds) => Evidence = evidence;

    /// <summary>The first time it was seen; null in a <see cref="LockOrderSnapshot"/>, which keeps the order alone.</summary>
    public LockViolationEdge? Evidence { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{From} -> {To}";
}
