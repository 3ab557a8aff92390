// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>One step of a cycle or a path: a thread wanted <see cref="Wanted"/> while it held <see cref="Held"/>. Immutable.</summary>
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

    /// <summary>The lock that was held, with the place and stack where it was taken.</summary>
    public HeldLock Held { get; }

    /// <summary>The lock that was wanted, with the place and stack where it was taken.</summary>
    public HeldLock Wanted { get; }

    /// <summary>The thread on which it was seen.</summary>
    public string Thread { get; }

    /// <summary>Everything that thread held then, outermost first.</summary>
    public IReadOnlyList<HeldLock> AllHeld { get; }

    /// <summary>Where the dependency comes from if no thread of this run showed it: a snapshot, or classes that went away.</summary>
    public string? Origin { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Held.ClassName} -> {Wanted.ClassName}";
}
