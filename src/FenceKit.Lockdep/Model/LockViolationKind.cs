// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>What a report is about.</summary>
public enum LockViolationKind
{
    /// <summary>Locks are taken in orders that can close a circle.</summary>
    CircularDependency = 1,

    /// <summary>A lock, or another lock of its class, is taken while it is already held by the same thread.</summary>
    Recursion = 2,

    /// <summary>A lock that an interrupting context takes is held where that context may interrupt, directly or through other locks.</summary>
    ContextInversion = 3,

    /// <summary>Something that waits more heavily than its surroundings allow.</summary>
    InvalidWaitContext = 4,

    /// <summary>The lock that should have serialized the nesting is not held, or a declared order is not kept.</summary>
    InvalidNesting = 5,

    /// <summary>A lock is released, downgraded, pinned or asserted that the thread does not hold.</summary>
    NotHeld = 6,

    /// <summary>A lock is held that must not be held here.</summary>
    UnexpectedlyHeld = 7,

    /// <summary>A lock is held, but in another mode than is needed.</summary>
    WrongMode = 8,

    /// <summary>A pinned lock was released, or a pin was undone that does not stand.</summary>
    PinBroken = 9,

    /// <summary>A lock was initialized again, or disposed, while it was held.</summary>
    ReinitializedWhileHeld = 10,

    /// <summary>A thread ended while it held locks.</summary>
    HeldAtThreadEnd = 11,

    /// <summary>Something waits inside a section that must not wait.</summary>
    WaitInSection = 12,

    /// <summary>Something allocates inside a section that must not allocate.</summary>
    AllocationInSection = 13,

    /// <summary>A lock type reports that its own rules were broken.</summary>
    Protocol = 14,

    /// <summary>A lock that belongs to its thread is held where the code awaits and may go on with another thread.</summary>
    HeldOverAwait = 15,
}
