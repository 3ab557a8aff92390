// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>The rules that all locks of a class share.</summary>
/// <remarks>Immutable after construction. Thread safe.</remarks>
[DebuggerDisplay("reentrant: {IsReentrant}, waits as {WaitTypeInner}")]
public sealed class LockClassOptions
{
    internal static readonly LockClassOptions Default = new();

    /// <summary>The same thread may take the same instance again (Monitor, Lock). Another instance of the class is still a recursion.</summary>
    public bool IsReentrant { get; init; }

    /// <summary>The declared order inside the class: less than zero when the first must be taken before the second.</summary>
    /// <remarks>
    /// Called on the acquiring thread, outside every internal lock, with the objects that the locks belong to: what a monitor locks, or the owner that a tracked
    /// lock or <see cref="LockMap.Owner"/> names; with the <see cref="LockMap"/> of a lock that has none. It must not throw. (cmp_fn of Linux lockdep.)
    /// </remarks>
    public Comparison<object>? Order { get; init; }

    /// <summary>What may be taken inside; <see cref="LockWaitType.Unspecified"/> takes no part.</summary>
    public LockWaitType WaitTypeInner { get; init; }

    /// <summary>Where this lock may be taken; when unspecified it is <see cref="WaitTypeInner"/>.</summary>
    public LockWaitType WaitTypeOuter { get; init; }

    /// <summary>Resets the limit of wait types to that of this class instead of lowering it.</summary>
    public bool OverridesWaitType { get; init; }

    /// <summary>One lock per processor or thread: two contexts can never contend on it, so paths through it do not count against interrupting contexts.</summary>
    public bool IsContextLocal { get; init; }

    /// <summary>
    /// Locks that are nested in one of this class are taken under a protocol in which somebody backs off instead of hanging: the class of the
    /// contexts of wound-wait and wait-die locks (ww_acquire_ctx of Linux). A circle of nothing but such locks is no finding.
    /// </summary>
    public bool BreaksDeadlocks { get; init; }

    /// <summary>Keeps the held stack but adds nothing to the graph (novalidate of Linux lockdep).</summary>
    public bool SkipValidation { get; init; }
}
