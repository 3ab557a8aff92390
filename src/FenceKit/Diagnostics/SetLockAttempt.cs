// SPDX-License-Identifier: MIT
namespace FenceKit.Diagnostics;

/// <summary>The way in which a wound-wait lock is acquired.</summary>
internal enum SetLockAttempt
{
    /// <summary>The thread waits without a time limit.</summary>
    Block,

    /// <summary>The thread waits for a limited time.</summary>
    Timed,

    /// <summary>The lock was free and is taken already.</summary>
    Try,

    /// <summary>The async flow waits without a time limit, and blocks no thread.</summary>
    Await,

    /// <summary>The async flow waits for a limited time, and blocks no thread.</summary>
    AwaitTimed,
}
