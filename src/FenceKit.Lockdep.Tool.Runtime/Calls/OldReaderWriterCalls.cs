// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for calls of <see cref="ReaderWriterLock"/>, which came before <see cref="ReaderWriterLockSlim"/>. It lets its holder in again, and a writer also as a
/// reader. A thread may let go of all that it holds at once and take it back later; how much that was stands in a <see cref="LockCookie"/>.
/// </summary>
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

    /// <summary>Replaces the release of everything that the thread holds of the lock.</summary>
    public static LockCookie ReleaseLock(ReaderWriterLock target)
    {
        LockCookie cookie = target.ReleaseLock();
        ReleaseAll(target);
        return cookie;
    }

    /// <summary>Replaces taking back what <c>ReleaseLock</c> has released, which waits as long as it must.</summary>
    public static void RestoreLock(ReaderWriterLock target, ref LockCookie lockCookie, LockCallSite site)
    {
        TakeBack(target, ref lockCookie, LockAttempt.Blocking, site);
        bool isTaken = false;
        try
        {
            target.RestoreLock(ref lockCookie);
            isTaken = true;
        }
        finally
        {
            if (!isTaken)
            {
                ReleaseAll(target);
            }
        }
    }

    public static LockCookie UpgradeToWriterLock(ReaderWriterLock target, int millisecondsTimeout, LockCallSite site)
        => UpgradeToWriterLock(target, TimeSpan.FromMilliseconds(millisecondsTimeout), site);

    /// <summary>
    /// Replaces the way from reader to writer. The reader's hold is released first, and the thread waits as any other writer does. If its time is over, it takes the
    /// reader's hold back, without a limit, before the exception.
    /// </summary>
    public static LockCookie UpgradeToWriterLock(ReaderWriterLock target, TimeSpan timeout, LockCallSite site)
    {
        if (!Session.IsOn || target is null)
        {
            return target!.UpgradeToWriterLock(timeout);
        }

        int readers = target.IsReaderLockHeld ? ReleaseAll(target) : 0; // a writer only counts once more
        bool waits = timeout == Timeout.InfiniteTimeSpan;
        if (waits)
        {
            Session.Validator.Acquire(target, ShapeOf(LockAcquireMode.Exclusive, LockAttempt.Blocking), site);
        }

        bool isTaken = false;
        try
        {
            LockCookie cookie = target.UpgradeToWriterLock(timeout);
            isTaken = true;
            return cookie;
        }
        finally
        {
            if (isTaken && !waits)
            {
                Session.Validator.Acquire(target, ShapeOf(LockAcquireMode.Exclusive, LockAttempt.Try), site);
            }
            else if (!isTaken)
            {
                Release(target, waits);
                Take(target, LockAcquireMode.Shared, readers, LockAttempt.Blocking, site);
            }
        }
    }

    /// <summary>Replaces the way back from writer to what the thread was before it became one. It waits for nobody.</summary>
    public static void DowngradeFromWriterLock(ReaderWriterLock target, ref LockCookie lockCookie, LockCallSite site)
    {
        LockCookie before = lockCookie; // the original clears it
        target.DowngradeFromWriterLock(ref lockCookie);
        ReleaseAll(target);
        TakeBack(target, ref before, LockAttempt.Try, site);
    }

    private static void Acquire(ReaderWriterLock target, LockAcquireMode mode, TimeSpan timeout, LockCallSite site)
    {
        bool waits = timeout == Timeout.InfiniteTimeSpan;
        bool isSeen = Session.IsOn && target is not null;
        if (isSeen && waits)
        {
            Session.Validator.Acquire(target!, ShapeOf(mode, waits ? LockAttempt.Blocking : LockAttempt.Try), site);
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
            if (!isTaken)
            {
                Release(target!, isSeen && waits);
            }
        }

        if (isSeen && !waits)
        {
            Session.Validator.Acquire(target!, ShapeOf(mode, waits ? LockAttempt.Blocking : LockAttempt.Try), site);
        }
    }

    private static AcquireShape ShapeOf(LockAcquireMode mode, LockAttempt attempt) => AcquireShape.Of(mode, attempt).AsReentrant();

    // A cookie says how often the thread was inside, as a reader and as a writer.
    private static void TakeBack(ReaderWriterLock target, ref LockCookie cookie, LockAttempt attempt, LockCallSite site)
    {
        if (Session.IsOn)
        {
            Take(target, LockAcquireMode.Exclusive, WriterLevel(ref cookie), attempt, site);
            Take(target, LockAcquireMode.Shared, ReaderLevel(ref cookie), attempt, site);
        }
    }

    private static void Take(ReaderWriterLock target, LockAcquireMode mode, int times, LockAttempt attempt, LockCallSite site)
    {
        for (int i = 0; i < times; i++)
        {
            Session.Validator.Acquire(target, ShapeOf(mode, attempt), site);
        }
    }

    private static void Release(ReaderWriterLock target, bool isSeen = true)
    {
        if (isSeen && Session.IsOn)
        {
            Session.Validator.ReleaseIfHeld(target);
        }
    }

    /// <returns>How often the thread was inside.</returns>
    private static int ReleaseAll(ReaderWriterLock target)
    {
        int times = 0;
        while (Session.IsOn && Session.Validator.ReleaseIfHeld(target))
        {
            times++;
        }

        return times;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_readerLevel")]
    private static extern ref ushort ReaderLevel(ref LockCookie cookie);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_writerLevel")]
    private static extern ref ushort WriterLevel(ref LockCookie cookie);
}
