// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit.Lockdep;

/// <summary>Throw helpers, not inlined, so that the callers stay small.</summary>
internal static class Misuse
{
    [DoesNotReturn]
    public static void ThrowNull(string name) => throw new ArgumentNullException(name);

    [DoesNotReturn]
    public static void ThrowBadMode(LockAcquireMode mode)
        => throw new ArgumentOutOfRangeException(nameof(mode), mode, "There is no such mode of acquisition.");

    [DoesNotReturn]
    public static void ThrowBadAttempt(LockAttempt attempt)
        => throw new ArgumentOutOfRangeException(nameof(attempt), attempt, "There is no such kind of attempt.");

    [DoesNotReturn]
    public static void ThrowNotPlain(string name)
        => throw new ArgumentException("How the lock is taken is said by the member that takes it: only Subclass and NestedIn may be given.", name);

    [DoesNotReturn]
    public static void ThrowBadSubclass(int subclass)
        => throw new ArgumentOutOfRangeException(nameof(subclass), subclass, $"A subclass is from 0 to {LockClass.MaxSubclass}.");

    [DoesNotReturn]
    public static void ThrowForeignHolder(string name)
        => throw new ArgumentException("The holder is not one that this validator returned.", name);

    [DoesNotReturn]
    public static void ThrowForeignContext(string name)
        => throw new ArgumentException("The context was defined by another validator.", name);
}
