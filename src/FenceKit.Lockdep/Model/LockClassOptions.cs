// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>The rules that all locks of a class share.</summary>
/// <remarks>Immutable after construction. Thread safe.</remarks>
[DebuggerDisplay("reentrant: {IsReentrant}, waits as {WaitTypeInner}")]
public sealed class LockClassOptions
{
    internal static readonly LockClassOptions Default = new();

    /// <summary>
    /// The same thread may acquire the same instance again (Monitor, Lock). Another instance of the class still counts as recursion.
    /// </summary>
    public bool IsReentrant { get; init; }

    /// <summary>The declared order inside the class: less than zero when the first lock must be acquired before the second.</summary>
    /// <remarks>
    /// Called on the acquiring thread, outside every internal lock, with the objects that the locks belong to: the object that a monitor
    /// locks, or the owner that a tracked lock or <see cref="LockMap.Owner"/> names, or else the <see cref="LockMap"/>. It must not throw.
    /// (cmp_fn of Linux lockdep.)
    /// </remarks>
    public Comparison<object>? Order { get; init; }

    /// <summary>
    /// The limit for locks that are acquired inside this one; <see cref="LockWaitType.Unspecified"/> takes no part in the check.
    /// </summary>
    public LockWaitType WaitTypeInner { get; init; }

    /// <summary>The wait type of this lock where it is acquired; when unspecified it is <see cref="WaitTypeInner"/>.</summary>
    public LockWaitType WaitTypeOuter { get; init; }

    /// <summary>Sets the limit of wait types to that of this class instead of only lowering it.</summary>
    public bool OverridesWaitType { get; init; }

    /// <summary>
    /// One lock per processor or thread: two contexts can never contend for it, so paths through it do not count against interrupting
    /// contexts.
    /// </summary>
    public bool IsContextLocal { get; init; }

    /// <summary>
    /// Locks nested in a lock of this class are acquired under a protocol in which one of the waiters backs off instead of hanging. This is
    /// the class of the contexts of wound-wait and wait-die locks (ww_acquire_ctx of Linux). A cycle of only such locks is not reported.
    /// </summary>
    public bool BreaksDeadlocks { get; init; }

    /// <summary>Keeps the held list but adds nothing to the graph (novalidate of Linux lockdep).</summary>
    public bool SkipValidation { get; init; }
}
