// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// In debug builds, and in the explorations: which internal locks this thread holds. Code of a user's, and a continuation, may do anything,
/// and so come back to the same lock; none of it runs while this thread holds one.
/// </summary>
/// <remarks>A spinning lock, and the lock bit of a timeline, is counted. A lock knows by itself whether the thread holds it, so it is only remembered.</remarks>
internal static class HeldLocks
{
    private const string Debug = "DEBUG";
    private const string Exploration = "FENCEKIT_CHECKS_LOCKS";
    private const int RememberedLocks = 16;

    [ThreadStatic]
    private static int t_spinningLocks;

    [ThreadStatic]
    private static List<Lock>? t_locks;

    /// <summary>Counts a spinning lock that was entered.</summary>
    [Conditional(Debug), Conditional(Exploration)]
    internal static void Entered() => t_spinningLocks++;

    /// <summary>Counts a spinning lock that is about to be left.</summary>
    [Conditional(Debug), Conditional(Exploration)]
    internal static void Left() => t_spinningLocks--;

    /// <summary>Remembers an internal lock that was entered.</summary>
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

    /// <summary>Checks that the thread holds no internal lock, before code of a user's, or a continuation, is called.</summary>
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
