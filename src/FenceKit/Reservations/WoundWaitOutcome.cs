// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The answer of <see cref="WoundWaitLock.Lock(WoundWaitContext, TimeSpan, CancellationToken)"/>.</summary>
public enum WoundWaitOutcome
{
    /// <summary>The context holds the lock now.</summary>
    Acquired = 0,

    /// <summary>The context held the lock before; nothing has changed, and it is to be unlocked once.</summary>
    AlreadyHeld = 1,

    /// <summary>
    /// Waiting could be a deadlock. Unlock everything that the context holds, then take this lock by
    /// <see cref="WoundWaitLock.LockSlow(WoundWaitContext, TimeSpan, CancellationToken)"/>, then the others again.
    /// </summary>
    MustBackOff = 2,

    /// <summary>The time ran out; the context holds what it held before.</summary>
    TimedOut = 3,
}
