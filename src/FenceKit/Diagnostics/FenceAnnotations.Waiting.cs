// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Diagnostics;

// Reports of waits, and of what they depend on.
internal static partial class FenceAnnotations
{
    // A wait for any of several fences adds no order between locks, since any one of the fences may end it. But it is a wait, and is reported
    // as a wait for this lock, from which no dependency leads on.
    private static readonly LockMap s_anyOfSeveral = new(LockClass.Create("any of several fences"), "(any)");

    // In a callback an await only registers a continuation and returns, so the callback itself does not wait.
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

    /// <summary>Reports an await, at the place of the await itself. Called by awaiters.</summary>
    internal static void AwaitHere(object map)
    {
        if (!IsInCallback)
        {
            Current.Validator.NoteAwait();
            Current.Validator.Await((LockMap)map, file: null, line: 0);
        }
    }

    internal static void AwaitAny() => Await(s_anyOfSeveral);

    /// <summary>
    /// Reports that the thread waits for callbacks of invalidations to end. Inside such a callback the wait itself has been reported already.
    /// </summary>
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

    /// <summary>
    /// Reports that a reader is inside: invalidations wait for it. The wait to get in was reported before. A shared lock, since any number of
    /// readers may be inside.
    /// </summary>
    internal static void EnterReading(object map) =>
        Current.Validator.Acquire((LockMap)map, new LockAcquireOptions { Mode = LockAcquireMode.Shared, Attempt = LockAttempt.Try }, file: null, line: 0);

    /// <summary>
    /// Teaches the order "reclaim waits for readers", so that a reader that allocates from a reclaiming pool is reported. A reader may begin
    /// an invalidation, which does not wait yet; a wait for its own gate is reported as such.
    /// </summary>
    internal static void ExportReaders(object map) => Prime(((LockMap)map).Class, static (validator, readers) =>
    {
        validator.Acquire(s_reclaim, ReaderRule, 0);
        validator.MightAcquire(readers, file: ReaderRule, line: 0);
        validator.Release(s_reclaim);
    });

    /// <summary>
    /// Teaches that the signal of a composite fence follows the signal of its member, as if the signaler of the composite waited for the
    /// member.
    /// </summary>
    internal static void Compose(object whole, object member)
    {
        LockClass wholeClass = ((LockMap)whole).Class;
        LockClass memberClass = ((LockMap)member).Class;

        // Not inside a subscriber's callback, where the allocation would be reported against the subscriber. A later call does it.
        if (t_schedules == 0 && !ReferenceEquals(wholeClass, memberClass))
        {
            Checker checker = Current;
            if (checker.Composed.TryAdd((wholeClass, memberClass), true))
            {
                ComposeNow(checker, wholeClass, memberClass);
            }
        }
    }

    // A separate method, so that the closure is allocated only when it is needed.
    private static void ComposeNow(Checker checker, LockClass whole, LockClass member) => RunOnCleanThread(checker, () =>
    {
        LockValidator validator = checker.Validator;
        LockMap onTheWay = new(whole, "(any)");
        validator.Acquire(onTheWay, new LockAcquireOptions { Mode = LockAcquireMode.Shared }, DependenceRule, 0);
        validator.MightAcquire(new LockMap(member, "(any)"), file: DependenceRule, line: 0);
        validator.Release(onTheWay);
    });
}
