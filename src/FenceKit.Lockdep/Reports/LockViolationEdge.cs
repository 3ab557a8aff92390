// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>An edge of a cycle or a path: a thread wanted <see cref="Wanted"/> while it held <see cref="Held"/>. Immutable.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class LockViolationEdge
{
    internal LockViolationEdge(HeldLock held, HeldLock wanted, string thread, IReadOnlyList<HeldLock>? allHeld = null, string? origin = null)
    {
        Held = held;
        Wanted = wanted;
        Thread = thread;
        AllHeld = allHeld ?? [held];
        Origin = origin;
    }

    /// <summary>The lock that was held, with the site and stack of its acquisition.</summary>
    public HeldLock Held { get; }

    /// <summary>The lock that was wanted, with the site and stack of the acquisition.</summary>
    public HeldLock Wanted { get; }

    /// <summary>The thread on which it was observed.</summary>
    public string Thread { get; }

    /// <summary>All locks that the thread held at that time, outermost first.</summary>
    public IReadOnlyList<HeldLock> AllHeld { get; }

    /// <summary>
    /// The origin of a dependency that no thread of this run has shown: a snapshot, or classes that were removed. Null for an observed one.
    /// </summary>
    public string? Origin { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Held.ClassName} -> {Wanted.ClassName}";
}
