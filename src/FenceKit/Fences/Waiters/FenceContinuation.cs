// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Where the continuation of an <c>await</c> of a fence runs.</summary>
public enum FenceContinuation
{
    /// <summary>
    /// In the SynchronizationContext or TaskScheduler that was current at the <c>await</c>, or on the thread pool if there was none. Never
    /// inline. The default.
    /// </summary>
    CapturedContext = 0,

    /// <summary>On the thread pool. Never inline. For library code, like <c>ConfigureAwait(false)</c> of a task.</summary>
    ThreadPool = 1,

    /// <summary>
    /// On the thread that signals, inside its call of Signal. This is the fastest, but only for code that is short and does not block, since
    /// the signaler and all other waiters have to wait for it. Falls back to the thread pool when the stack is almost used up.
    /// </summary>
    Inline = 2,
}
