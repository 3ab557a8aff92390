// SPDX-License-Identifier: MIT
namespace FenceKit.Diagnostics;

/// <summary>The counters of rare events, none of which is on a fast path.</summary>
internal enum FenceKitCounter
{
    FaultedByError = 0,
    FaultedByWatchdog = 1,
    FaultedByPoison = 2,
    FaultedByAbandoning = 3,
    ThreadsBlocked = 4,
    WaitsTimedOut = 5,
    WaitsCanceled = 6,
    PoolExhausted = 7,
    CompletionQueueFull = 8,
    LockBackOff = 9,
    SharedTimelineEnded = 10,
}
