// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// Tracks the internal locks that this thread holds, in debug builds and in the explorations. User code and continuations must not run while
/// the thread holds one: they may call back into FenceKit and need the same lock.
/// </summary>
/// <remarks>
/// Spinning locks and the lock bits of timelines are counted. A Lock knows whether the current thread holds it, so those are only collected
/// in a list, and never removed when they are left.
/// </remarks>
internal static class HeldLocks
{
    private const string Debug = "DEBUG";
    private const string Exploration = "FENCEKIT_CHECKS_LOCKS";
    private const int RememberedLocks = 16;

    [ThreadStatic]
    private static int t_spinningLocks;

    [ThreadStatic]
    private static List<Lock>? t_locks;

    /// <summary>Called after a spinning lock was entered.</summary>
    [Conditional(Debug), Conditional(Exploration)]
    internal static void Entered() => t_spinningLocks++;

    /// <summary>Called before a spinning lock is left.</summary>
    [Conditional(Debug), Conditional(Exploration)]
    internal static void Left() => t_spinningLocks--;

    /// <summary>Called after an internal Lock was entered.</summary>
    [Conditional(Debug), Conditional(Exploration)]
    internal static void Entered(Lock internalLock)
    {
        List<Lock> locks = t_locks ??= [];
        if (locks.Count >= RememberedLocks)
        {
            locks.RemoveAll(static other => !other.IsHeldByCurrentThread);
        }

        locks.Add(internalLock);
    }

    /// <summary>Checks that the thread holds no internal lock. Called before user code or a continuation runs.</summary>
    /// <exception cref="InvalidOperationException">The thread holds a lock.</exception>
    [Conditional(Debug), Conditional(Exploration)]
    internal static void CheckNone()
    {
        if (t_spinningLocks != 0 || (t_locks is { } locks && locks.Exists(static other => other.IsHeldByCurrentThread)))
        {
            throw new InvalidOperationException("Code of a user's, or a continuation, is about to run while the thread holds an internal lock.");
        }
    }
}
