// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>How long an acquisition is prepared to wait.</summary>
public enum LockAttempt
{
    /// <summary>Waits until it has the lock. Only such an acquisition can hang.</summary>
    Blocking = 0,

    /// <summary>Never waits. It is recorded after it succeeded: nothing leads into it, but it is held afterwards.</summary>
    Try = 1,

    /// <summary>Waits for a limited time. It cannot hang for ever, so a cycle through it is at most <see cref="LockConfidence.Possible"/>.</summary>
    Timed = 2,
}
