// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Replacements for calls of <see cref="ReaderWriterLockSlim"/>.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.ReaderWriterLockSlim")]
public static class ReaderWriterCalls
{
    public static void EnterReadLock(ReaderWriterLockSlim target, LockCallSite site) => TryEnterReadLock(target, Timeout.Infinite, site);

    public static void EnterWriteLock(ReaderWriterLockSlim target, LockCallSite site) => TryEnterWriteLock(target, Timeout.Infinite, site);

    public static void EnterUpgradeableReadLock(ReaderWriterLockSlim target, LockCallSite site) => TryEnterUpgradeableReadLock(target, Timeout.Infinite, site);

    public static bool TryEnterReadLock(ReaderWriterLockSlim target, TimeSpan timeout, LockCallSite site)
        => TryEnterReadLock(target, MillisecondsOf(timeout), site);

    public static bool TryEnterWriteLock(ReaderWriterLockSlim target, TimeSpan timeout, LockCallSite site)
        => TryEnterWriteLock(target, MillisecondsOf(timeout), site);

    public static bool TryEnterUpgradeableReadLock(ReaderWriterLockSlim target, TimeSpan timeout, LockCallSite site)
        => TryEnterUpgradeableReadLock(target, MillisecondsOf(timeout), site);

    public static bool TryEnterReadLock(ReaderWriterLockSlim target, int millisecondsTimeout, LockCallSite site)
        => TryEnter(target, LockAcquireMode.Shared, millisecondsTimeout, site, static (table, milliseconds) => table.TryEnterReadLock(milliseconds));

    public static bool TryEnterWriteLock(ReaderWriterLockSlim target, int millisecondsTimeout, LockCallSite site)
        => TryEnter(target, LockAcquireMode.Exclusive, millisecondsTimeout, site, static (table, milliseconds) => table.TryEnterWriteLock(milliseconds));

    public static bool TryEnterUpgradeableReadLock(ReaderWriterLockSlim target, int millisecondsTimeout, LockCallSite site)
        => TryEnter(target, LockAcquireMode.Upgradeable, millisecondsTimeout, site, static (table, milliseconds) => table.TryEnterUpgradeableReadLock(milliseconds));

    public static void ExitReadLock(ReaderWriterLockSlim target)
    {
        target.ExitReadLock();
        Release(target);
    }

    public static void ExitWriteLock(ReaderWriterLockSlim target)
    {
        target.ExitWriteLock();
        Release(target);
    }

    public static void ExitUpgradeableReadLock(ReaderWriterLockSlim target)
    {
        target.ExitUpgradeableReadLock();
        Release(target);
    }

    // A timeout out of range is passed to the original, which throws.
    private static int MillisecondsOf(TimeSpan timeout) => (long)timeout.TotalMilliseconds is >= -1 and <= int.MaxValue and long fits ? (int)fits : -2;

    private static bool TryEnter(
        ReaderWriterLockSlim target, LockAcquireMode mode, int milliseconds, LockCallSite site, Func<ReaderWriterLockSlim, int, bool> enter)
    {
        if (!Session.IsOn || target is null)
        {
            return enter(target!, milliseconds);
        }

        bool waits = milliseconds == Timeout.Infinite;
        if (waits)
        {
            Session.Validator.Acquire(target, ShapeOf(target, mode, LockAttempt.Blocking), site);
        }

        bool isTaken = false;
        try
        {
            isTaken = HangWatch.Run(target, milliseconds, site, enter);
        }
        finally
        {
            if (waits && !isTaken)
            {
                Session.Validator.ReleaseIfHeld(target);
            }
        }

        if (!waits && isTaken)
        {
            Session.Validator.Acquire(target, ShapeOf(target, mode, LockAttempt.Try), site);
        }

        return isTaken;
    }

    private static AcquireShape ShapeOf(ReaderWriterLockSlim target, LockAcquireMode mode, LockAttempt attempt)
    {
        AcquireShape shape = AcquireShape.Of(mode, attempt);
        return target.RecursionPolicy == LockRecursionPolicy.SupportsRecursion ? shape.AsReentrant() : shape;
    }

    private static void Release(ReaderWriterLockSlim target)
    {
        if (Session.IsOn)
        {
            Session.Validator.ReleaseIfHeld(target);
        }
    }
}
