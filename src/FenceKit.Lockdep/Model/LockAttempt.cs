// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>How long an acquisition is prepared to wait.</summary>
public enum LockAttempt
{
    /// <summary>Waits until it has the lock. Only such an acquisition can hang.</summary>
    Blocking = 0,

    /// <summary>Never waits. A successful attempt adds no dependency that leads to the lock, but the lock is held afterwards.</summary>
    Try = 1,

    /// <summary>
    /// Waits for a limited time. It cannot hang forever, so a cycle through it is at most <see cref="LockConfidence.Possible"/>.
    /// </summary>
    Timed = 2,
}
