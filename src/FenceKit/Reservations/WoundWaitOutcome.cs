// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The result of <see cref="WoundWaitLock.Lock(WoundWaitContext, TimeSpan, CancellationToken)"/>.</summary>
public enum WoundWaitOutcome
{
    /// <summary>The context holds the lock now.</summary>
    Acquired = 0,

    /// <summary>The context held the lock before. Nothing has changed; unlock it only once.</summary>
    AlreadyHeld = 1,

    /// <summary>
    /// Waiting could deadlock. Unlock everything that the context holds, then take this lock by
    /// <see cref="WoundWaitLock.LockSlow(WoundWaitContext, TimeSpan, CancellationToken)"/>, then the others again.
    /// </summary>
    MustBackOff = 2,

    /// <summary>The time ran out; the context still holds the locks that it held before.</summary>
    TimedOut = 3,
}
