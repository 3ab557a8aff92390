// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Diagnostics;

// Waits, and what is waited for.
internal static partial class FenceAnnotations
{
    // Nothing leads out of it: which of several fences signals is nobody's order. But the waiter waits for it.
    private static readonly LockMap s_anyOfSeveral = new(LockClass.Create("any of several fences"), "(any)");

    // Called in a callback, an await comes back to it at once: nobody waits there.
    private static bool IsInCallback => t_schedules > 0 || t_callbacks > 0;

    internal static void Wait(object map) => Current.Validator.Wait((LockMap)map, file: null, line: 0);

    internal static void WaitForAny() => Wait(s_anyOfSeveral);

    internal static void Await(object map)
    {
        if (!IsInCallback)
        {
            Current.Validator.Await((LockMap)map, file: null, line: 0);
        }
    }

    /// <summary>Called by an awaiter: the method awaits right here.</summary>
    internal static void AwaitHere(object map)
    {
        if (!IsInCallback)
        {
            Current.Validator.NoteAwait();
            Current.Validator.Await((LockMap)map, file: null, line: 0);
        }
    }

    internal static void AwaitAny() => Await(s_anyOfSeveral);

    /// <summary>The callbacks of invalidations have to be over. Inside one it has been reported already that the thread waits.</summary>
    internal static void WaitForSchedules()
    {
        if (t_schedules == 0)
        {
            Current.Validator.MightAcquire(s_schedule, file: null, line: 0);
        }
    }

    /// <inheritdoc cref="WaitForSchedules"/>
    internal static void AwaitSchedules()
    {
        if (t_callbacks == 0)
        {
            WaitForSchedules();
        }
    }

    /// <summary>Beginning to read has been announced as a wait; from here on the reader is in the way, like any number of others.</summary>
    internal static void EnterReading(object map) =>
        Current.Validator.Acquire((LockMap)map, new LockAcquireOptions { Mode = LockAcquireMode.Shared, Attempt = LockAttempt.Try }, file: null, line: 0);

    /// <summary>
    /// Reclaim waits for readers, so readers may not take memory that reclaims. They may invalidate: nothing waits yet, and a caller that waits
    /// for himself is reported for that.
    /// </summary>
    internal static void ExportReaders(object map) => Prime(((LockMap)map).Class, static (validator, readers) =>
    {
        validator.Acquire(s_reclaim, ReaderRule, 0);
        validator.MightAcquire(readers, file: ReaderRule, line: 0);
        validator.Release(s_reclaim);
    });

    /// <summary>A thread on the way to the whole is on the way to the member first, as if he waited for it.</summary>
    internal static void Compose(object whole, object member)
    {
        LockClass wholeClass = ((LockMap)whole).Class;
        LockClass memberClass = ((LockMap)member).Class;

        // Inside a callback it would count as the subscriber's allocation; there will be another round.
        if (t_schedules == 0 && !ReferenceEquals(wholeClass, memberClass))
        {
            Checker checker = Current;
            if (checker.Composed.TryAdd((wholeClass, memberClass), true))
            {
                ComposeNow(checker, wholeClass, memberClass);
            }
        }
    }

    // Apart, so that what it captures is not allocated each time.
    private static void ComposeNow(Checker checker, LockClass whole, LockClass member) => OnItsOwn(checker, () =>
    {
        LockValidator validator = checker.Validator;
        LockMap onTheWay = new(whole, "(any)");
        validator.Acquire(onTheWay, new LockAcquireOptions { Mode = LockAcquireMode.Shared }, DependenceRule, 0);
        validator.MightAcquire(new LockMap(member, "(any)"), file: DependenceRule, line: 0);
        validator.Release(onTheWay);
    });
}
