// SPDX-License-Identifier: MIT
namespace FenceKit.Diagnostics;

/// <summary>How one lock of a set is taken.</summary>
internal enum SetLockAttempt
{
    /// <summary>The thread waits as long as it takes.</summary>
    Block,

    /// <summary>The thread waits for a limited time.</summary>
    Timed,

    /// <summary>The lock was free and is taken already.</summary>
    Try,

    /// <summary>The flow waits as long as it takes, and no thread.</summary>
    Await,

    /// <summary>The flow waits for a limited time.</summary>
    AwaitTimed,
}
