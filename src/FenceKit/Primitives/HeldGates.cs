// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// In debug builds, and in the explorations: which internal gates this thread holds. Code of a user's, and a continuation, may do anything,
/// and so come back to the same gate; none of it runs while this thread holds one.
/// </summary>
/// <remarks>A spin gate, and the gate of a timeline, is counted. A lock knows by itself whether the thread holds it, so it is only remembered.</remarks>
internal static class HeldGates
{
    private const string Debug = "DEBUG";
    private const string Exploration = "FENCEKIT_CHECKS_GATES";
    private const int RememberedLocks = 16;

    [ThreadStatic]
    private static int t_spinGates;

    [ThreadStatic]
    private static List<Lock>? t_locks;

    /// <summary>After a spin gate was entered.</summary>
    [Conditional(Debug), Conditional(Exploration)]
    internal static void Entered() => t_spinGates++;

    /// <summary>Before a spin gate is left.</summary>
    [Conditional(Debug), Conditional(Exploration)]
    internal static void Left() => t_spinGates--;

    /// <summary>After an internal lock was entered.</summary>
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

    /// <summary>Before code of a user's, or a continuation, is called.</summary>
    /// <exception cref="InvalidOperationException">The thread holds a gate.</exception>
    [Conditional(Debug), Conditional(Exploration)]
    internal static void CheckNone()
    {
        if (t_spinGates != 0 || (t_locks is { } locks && locks.Exists(static other => other.IsHeldByCurrentThread)))
        {
            throw new InvalidOperationException("Code of a user's, or a continuation, is about to run while the thread holds an internal gate.");
        }
    }
}
