// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Where the code after an <c>await</c> of a fence runs.</summary>
public enum FenceContinuation
{
    /// <summary>
    /// In the SynchronizationContext or TaskScheduler that was current at the <c>await</c>, or on the thread pool when there was
    /// none. Never inline. What <c>await fence</c> does.
    /// </summary>
    CapturedContext = 0,

    /// <summary>On the thread pool. Never inline. What library code wants, as <c>ConfigureAwait(false)</c> of a task.</summary>
    ThreadPool = 1,

    /// <summary>
    /// On the thread that signals, inside its call to Signal: the fastest, and only for code that is short and does not block, since
    /// the signaler and all other waiters stand behind it. Falls back to the thread pool when the stack runs low.
    /// </summary>
    Inline = 2,
}
