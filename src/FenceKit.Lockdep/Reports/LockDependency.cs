// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>A dependency: one class (or class/subclass) was acquired while another was held. Immutable.</summary>
/// <param name="From">The class that was held.</param>
/// <param name="To">The class that was acquired.</param>
/// <param name="Kinds">The modes in which that happened.</param>
[DebuggerDisplay("{From,nq} -> {To,nq} ({Kinds})")]
public sealed record LockDependency(string From, string To, LockDependencyKinds Kinds)
{
    internal LockDependency(string from, string to, LockDependencyKinds kinds, LockViolationEdge evidence)
        : this(from, to, kinds) => Evidence = evidence;

    /// <summary>The first observation; null in a <see cref="LockOrderSnapshot"/>, which stores the order only.</summary>
    public LockViolationEdge? Evidence { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{From} -> {To}";
}
