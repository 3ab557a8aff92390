// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>What calls of <see cref="ReaderWriterLock"/> become, the one of .NET 1. It lets its holder in again, a writer also as a reader.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.ReaderWriterLock")]
public static class OldReaderWriterCalls
{
    public static void AcquireReaderLock(ReaderWriterLock target, TimeSpan timeout, LockCallSite site) => Acquire(target, LockAcquireMode.Shared, timeout, site);

    public static void AcquireReaderLock(ReaderWriterLock target, int millisecondsTimeout, LockCallSite site)
        => Acquire(target, LockAcquireMode.Shared, TimeSpan.FromMilliseconds(millisecondsTimeout), site);

    public static void AcquireWriterLock(ReaderWriterLock target, TimeSpan timeout, LockCallSite site) => Acquire(target, LockAcquireMode.Exclusive, timeout, site);

    public static void AcquireWriterLock(ReaderWriterLock target, int millisecondsTimeout, LockCallSite site)
        => Acquire(target, LockAcquireMode.Exclusive, TimeSpan.FromMilliseconds(millisecondsTimeout), site);

    public static void ReleaseReaderLock(ReaderWriterLock target)
    {
        target.ReleaseReaderLock();
        Release(target);
    }

    public static void ReleaseWriterLock(ReaderWriterLock target)
    {
        target.ReleaseWriterLock();
        Release(target);
    }

    public static LockCookie ReleaseLock(ReaderWriterLock target)
    {
        LockCookie cookie = target.ReleaseLock();
        while (Session.IsOn && Session.Validator.ReleaseIfHeld(target))
        {
        }

        return cookie;
    }

    public static LockCookie UpgradeToWriterLock(ReaderWriterLock target, int millisecondsTimeout, LockCallSite site)
        => UpgradeToWriterLock(target, TimeSpan.FromMilliseconds(millisecondsTimeout), site);

    // It lets the reader's hold go and waits with everybody else.
    public static LockCookie UpgradeToWriterLock(ReaderWriterLock target, TimeSpan timeout, LockCallSite site)
    {
        if (!Session.IsOn || target is null)
        {
            return target!.UpgradeToWriterLock(timeout);
        }

        Release(target);
        bool waits = timeout == Timeout.InfiniteTimeSpan;
        Session.Validator.Acquire(target, ShapeOf(LockAcquireMode.Exclusive, waits), site);
        return target.UpgradeToWriterLock(timeout);
    }

    private static void Acquire(ReaderWriterLock target, LockAcquireMode mode, TimeSpan timeout, LockCallSite site)
    {
        bool waits = timeout == Timeout.InfiniteTimeSpan;
        bool isSeen = Session.IsOn && target is not null;
        if (isSeen && waits)
        {
            Session.Validator.Acquire(target!, ShapeOf(mode, waits), site);
        }

        bool isTaken = false;
        try
        {
            if (mode == LockAcquireMode.Shared)
            {
                target!.AcquireReaderLock(timeout);
            }
            else
            {
                target!.AcquireWriterLock(timeout);
            }

            isTaken = true;
        }
        finally
        {
            if (isSeen && waits && !isTaken)
            {
                Session.Validator.ReleaseIfHeld(target!);
            }
        }

        if (isSeen && !waits)
        {
            Session.Validator.Acquire(target!, ShapeOf(mode, waits), site);
        }
    }

    private static AcquireShape ShapeOf(LockAcquireMode mode, bool waits) => AcquireShape.Of(mode, waits ? LockAttempt.Blocking : LockAttempt.Try).AsReentrant();

    private static void Release(ReaderWriterLock target)
    {
        if (Session.IsOn)
        {
            Session.Validator.ReleaseIfHeld(target);
        }
    }
}
