// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>How a lock waits, from the lightest kind to the heaviest. Something heavier must never be taken inside something lighter.</summary>
/// <remarks>The ladder of Linux's wait-context check: RCU, raw spin lock, spin lock, mutex.</remarks>
public enum LockWaitType
{
    /// <summary>Takes no part in the check.</summary>
    Unspecified = 0,

    /// <summary>Never waits at all: an epoch, a reader gate.</summary>
    Free = 1,

    /// <summary>Burns the processor while it waits.</summary>
    Spin = 2,

    /// <summary>Spins first and may then block; forbidden where only spinning is allowed.</summary>
    Adaptive = 3,

    /// <summary>Gives the thread to the scheduler.</summary>
    Blocking = 4,
}
