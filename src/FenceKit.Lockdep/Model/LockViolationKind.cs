// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>The kind of a finding.</summary>
public enum LockViolationKind
{
    /// <summary>Locks are acquired in orders that can form a cycle.</summary>
    CircularDependency = 1,

    /// <summary>A lock is acquired while the same thread already holds it or another lock of its class.</summary>
    Recursion = 2,

    /// <summary>
    /// A lock that an interrupting context acquires is held where that context may interrupt, directly or through other locks.
    /// </summary>
    ContextInversion = 3,

    /// <summary>A lock with a heavier wait type is acquired than its surroundings allow.</summary>
    InvalidWaitContext = 4,

    /// <summary>The lock that should have serialized the nesting is not held, or a declared order is not kept.</summary>
    InvalidNesting = 5,

    /// <summary>The thread releases, downgrades, pins or asserts a lock that it does not hold.</summary>
    NotHeld = 6,

    /// <summary>A lock is held that must not be held at this point.</summary>
    UnexpectedlyHeld = 7,

    /// <summary>A lock is held, but not in the required mode.</summary>
    WrongMode = 8,

    /// <summary>A pinned lock was released, or a pin that does not exist was undone.</summary>
    PinBroken = 9,

    /// <summary>A lock was initialized again, or disposed, while it was held.</summary>
    ReinitializedWhileHeld = 10,

    /// <summary>A thread ended while it held locks.</summary>
    HeldAtThreadEnd = 11,

    /// <summary>A wait inside a section that must not wait.</summary>
    WaitInSection = 12,

    /// <summary>An allocation inside a section that must not allocate.</summary>
    AllocationInSection = 13,

    /// <summary>A lock type reports that its own rules were broken.</summary>
    Protocol = 14,

    /// <summary>A thread-bound lock is held where the code awaits and may continue on another thread.</summary>
    HeldOverAwait = 15,
}
