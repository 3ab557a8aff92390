// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>How a lock waits, from the lightest kind to the heaviest. A heavier lock must never be acquired inside a lighter one.</summary>
/// <remarks>The ladder of Linux's wait-context check: RCU, raw spin lock, spin lock, mutex.</remarks>
public enum LockWaitType
{
    /// <summary>Takes no part in the check.</summary>
    Unspecified = 0,

    /// <summary>Never waits at all: an epoch, a reader gate.</summary>
    Free = 1,

    /// <summary>Spins while it waits.</summary>
    Spin = 2,

    /// <summary>Spins first and may then block; forbidden where only spinning is allowed.</summary>
    Adaptive = 3,

    /// <summary>Blocks the thread.</summary>
    Blocking = 4,
}
