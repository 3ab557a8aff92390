// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using FenceKit.Lockdep;

namespace FenceKit.Diagnostics;

/// <summary>
/// Reports to the lock validator what FenceKit does. Only the files of this class name types of FenceKit.Lockdep. Called only by
/// <see cref="FenceContract"/>, and only when the contract is checked.
/// </summary>
/// <remarks>
/// <para>To the validator everything that can be waited for is a lock. A thread in a signaling section of a fence holds that fence as a
/// shared lock, since there may be several such threads; a waiter acquires it exclusively. If a lock is held over the wait and taken in the
/// signaling section, the validator finds an ordinary cycle, although the two threads never ran at the same time.</para>
/// <para>The members that <see cref="FenceContract"/> calls have no such type in their signatures: compiling the call would load
/// FenceKit.Lockdep.</para>
/// <para>Entering a signaling section is a try: it never waits, so it adds no dependency to the fence.</para>
/// </remarks>
internal static partial class FenceAnnotations
{
    // The source locations of the orders that FenceKit teaches: reports show the rule where they usually show a place in code. The numbers
    // are those of docs/contract.md.
    private const string OrderRule = "rule 5: owner's table, reservation, reclaim, invalidation, wait";
    private const string DependenceRule = "rule 6: a fence depends on fences, in one direction";
    private const string PublishingRule = "rule 11: a publishing scope stores the mapping and does nothing else";
    private const string ReaderRule = "rule 15: a reader inside a gate takes no memory from a pool that reclaims";

    private static readonly ConcurrentDictionary<string, LockClass> s_classes = new();
    private static readonly LockMap s_reservation = new(LockClass.Create("reservation locks"), "(any)");
    private static readonly LockMap s_reclaim = new(LockClass.Create("memory reclaim"), "(any)");
    private static readonly LockMap s_schedule = new(LockClass.Create("invalidation"), "(any)");
    private static readonly Lock s_lock = new();
    private static Checker? s_checker;

    [ThreadStatic]
    private static ThreadScopes? t_scopes;

    [ThreadStatic]
    private static int t_lastCookie;

    [ThreadStatic]
    private static int t_schedules;

    [ThreadStatic]
    private static int t_callbacks;

    /// <summary>A validator, and the orders that it has been taught.</summary>
    private sealed record Checker(LockValidator Validator, bool PrimesHere)
    {
        public ConcurrentDictionary<LockClass, bool> Primed { get; } = new();

        public ConcurrentDictionary<(LockClass Whole, LockClass Member), bool> Composed { get; } = new();
    }

    private static Checker Current => Volatile.Read(ref s_checker) ?? Start(LockValidator.Default, primesHere: false); // pairs with the write in Start

    /// <summary>Replaces the validator, for tests that need their own graph.</summary>
    /// <param name="validator">The validator.</param>
    /// <param name="primesHere">
    /// Whether orders are taught on the calling thread instead of a new one. For test runs with many validators, whose threads hold no locks
    /// then.
    /// </param>
    internal static void Use(LockValidator validator, bool primesHere = false) => Start(validator, primesHere);

    internal static object FenceMap(string name, bool isExported)
    {
        LockMap map = new(ClassOf("fence", name));
        if (isExported)
        {
            Export(map);
        }

        return map;
    }

    /// <summary>
    /// The lock map of the readers inside a gate. Its class differs from that of fences, since a gate and a timeline may have the same name.
    /// </summary>
    internal static object GateMap(string name) => new LockMap(ClassOf("gate", name));

    internal static object TableMap(string name)
    {
        LockMap map = new(ClassOf("table", name));
        Prime(map.Class, static (validator, table) =>
        {
            validator.Acquire(table, OrderRule, 0);
            validator.MightAcquire(s_reservation, file: OrderRule, line: 0);
            validator.Release(table);
        });
        return map;
    }

    internal static object SubscriberMap(string name) => new LockMap(ClassOf("schedule of", name));

    internal static object PublishMap(string name)
    {
        LockMap map = new(ClassOf("publishing of", name));
        Prime(map.Class, static (validator, publishing) =>
        {
            validator.Acquire(s_schedule, PublishingRule, 0);
            SpinForPublishers(validator, publishing);
            validator.Release(s_schedule);
        });
        return map;
    }

    internal static void Export(object map)
    {
        // Not inside a subscriber's callback, where the allocation would be reported against the subscriber. A later call does it.
        if (t_schedules == 0)
        {
            Prime(((LockMap)map).Class, static (validator, fence) =>
            {
                validator.Acquire(s_schedule, OrderRule, 0);
                validator.MightAcquire(fence, file: OrderRule, line: 0); // the order is enough: the callback itself never waits
                validator.Release(s_schedule);
            });
        }
    }

    internal static FenceContractScope EnterReclaim(string? file, int line) => Open(s_reclaim, new LockAcquireOptions(), file, line);

    internal static void MightAllocate(string? file, int line)
    {
        LockValidator validator = Current.Validator;
        if (t_schedules > 0)
        {
            validator.MightAllocate();
        }
        else if (!validator.IsHeld(s_reclaim))
        {
            validator.MightAcquire(s_reclaim, file: file, line: line);
        }
    }

    internal static void QueueToPool(IThreadPoolWorkItem work, bool preferLocal)
    {
        using (Current.Validator.Suppress("the thread pool may add a worker"))
        {
            InterruptShield.Queue(work, preferLocal);
        }
    }

    internal static void MightGrow() => Current.Validator.MightAllocate();

    internal static FenceContractScope BeginSignaling(object map, string? file, int line) =>
        Open((LockMap)map, new LockAcquireOptions { Mode = LockAcquireMode.Shared, Attempt = LockAttempt.Try }, file, line);

    internal static FenceContractScope Acquire(object map, string? file, int line)
    {
        LockMap held = (LockMap)map;
        Current.Validator.Acquire(held, file, line);
        return Open(held, isHeld: true, file, line);
    }

    internal static void EndScope(object map, int cookie)
    {
        LockMap ended = (LockMap)map;
        LockValidator validator = Current.Validator;
        if (!ThreadScopes.OfThisThread.TryEnd(cookie, out bool isHeld, out bool isInnermost))
        {
            validator.ReportProtocol(ended, $"A scope of {ended} is ended by a copy of it, after it had ended.");
            return;
        }

        if (isHeld)
        {
            validator.Release(ended);
        }

        if (!isInnermost)
        {
            validator.ReportProtocol(ended, $"A scope of {ended} ends before a scope that was begun inside it.");
        }
    }

    internal static void EnterLock(object map) => Current.Validator.Acquire((LockMap)map, file: null, line: 0);

    internal static void LeaveLock(object map)
    {
        LockValidator validator = Current.Validator;
        if (validator.IsHeld(map))
        {
            validator.Release(map);
        }
    }

    internal static void MightSchedule()
    {
        if (t_schedules == 0)
        {
            Current.Validator.MightAcquire(s_schedule, file: null, line: 0);
        }
    }

    internal static void SpinForPublishers(object map) => SpinForPublishers(Current.Validator, (LockMap)map);

    /// <summary>
    /// Runs a subscriber's callback in a section that forbids it to wait, to allocate, and to take a lock that is held over a wait.
    /// </summary>
    internal static void RunSchedule<TCall>(object subscriber, ref TCall call)
        where TCall : struct, IContractCall, allows ref struct
    {
        LockValidator validator = Current.Validator;
        _ = ThreadScopes.OfThisThread; // allocated here, so that it is not reported against the callback
        bool isOutermost = t_schedules == 0;
        if (isOutermost)
        {
            validator.Acquire(s_schedule, file: null, line: 0);
            validator.Acquire((LockMap)subscriber, file: null, line: 0);
        }

        t_schedules++;
        try
        {
            using (validator.EnterNoWaitSection())
            {
                RunWithoutAllocation(validator, ref call);
            }
        }
        finally
        {
            t_schedules--;
            if (isOutermost)
            {
                validator.Release(subscriber);
                validator.Release(s_schedule);
            }
        }
    }

    /// <summary>
    /// Runs the callbacks of a signal in a section that forbids them to wait: the signaler may have other fences to signal, and may hold
    /// locks.
    /// </summary>
    internal static void RunCallbacks<TCall>(ref TCall call)
        where TCall : struct, IContractCall, allows ref struct
    {
        t_callbacks++;
        try
        {
            using (Current.Validator.EnterNoWaitSection())
            {
                call.Invoke();
            }
        }
        finally
        {
            t_callbacks--;
        }
    }

    private static void RunWithoutAllocation<TCall>(LockValidator validator, ref TCall call)
        where TCall : struct, IContractCall, allows ref struct
    {
        LockSectionScope section = validator.EnterNoAllocationSection();
        try
        {
            call.Invoke();
        }
        catch
        {
            // The session reports the exception. The allocation of the exception itself is not reported.
            using (validator.Suppress("a subscriber threw while it was scheduled"))
            {
                section.Dispose();
            }

            throw;
        }

        section.Dispose();
    }

    private static void SpinForPublishers(LockValidator validator, LockMap publishing)
    {
        using (validator.EnterNoWaitSection())
        {
            validator.MightAcquire(publishing, file: null, line: 0);
        }
    }

    private static FenceContractScope Open(LockMap map, LockAcquireOptions options, string? file, int line)
    {
        LockValidator validator = Current.Validator;
        bool isNested = validator.IsHeld(map);
        if (!isNested)
        {
            validator.Acquire(map, options, file, line);
        }

        return Open(map, isHeld: !isNested, file, line);
    }

    private static FenceContractScope Open(LockMap map, bool isHeld, string? file, int line)
    {
        int cookie = ++t_lastCookie;
        ThreadScopes.OfThisThread.Add(new OpenScope(cookie, map, isHeld, file, line));
        return new FenceContractScope(map, cookie);
    }

    private static LockClass ClassOf(string kind, string name) =>
        s_classes.GetOrAdd($"{kind} {name}", static full => LockClass.Create(Sanitize(full)));

    /// <summary>Makes a valid name of a lock class from the name of a timeline or notifier, which may be any text.</summary>
    private static string Sanitize(string name) => string.Create(Math.Min(name.Length, LockClass.MaxNameLength), name, static (printed, source) =>
    {
        for (int i = 0; i < printed.Length; i++)
        {
            printed[i] = char.IsControl(source[i]) ? '?' : source[i];
        }
    });

    private static Checker Start(LockValidator validator, bool primesHere)
    {
        lock (s_lock)
        {
            if (s_checker is { } known && ReferenceEquals(known.Validator, validator))
            {
                return known;
            }

            Checker checker = new(validator, primesHere);
            RunOnCleanThread(checker, () =>
            {
                validator.Acquire(s_reservation, OrderRule, 0);
                validator.Acquire(s_reclaim, OrderRule, 0);
                validator.MightAcquire(s_schedule, file: OrderRule, line: 0);
                validator.Release(s_reclaim);
                validator.Release(s_reservation);
            });
            Volatile.Write(ref s_checker, checker); // pairs with the read in Current
            return checker;
        }
    }

    /// <summary>
    /// Teaches the validator an order for a lock class, once. Uses a placeholder instance, so that an order that was never observed does not
    /// make a report "certain".
    /// </summary>
    private static void Prime(LockClass lockClass, Action<LockValidator, LockMap> order)
    {
        Checker checker = Current;
        if (checker.Primed.TryAdd(lockClass, true))
        {
            PrimeNow(checker, lockClass, order);
        }
    }

    // A separate method, so that the closure is allocated only when it is needed.
    private static void PrimeNow(Checker checker, LockClass lockClass, Action<LockValidator, LockMap> order) =>
        RunOnCleanThread(checker, () => order(checker.Validator, new LockMap(lockClass, "(any)")));

    // Runs on a new thread, since locks that the calling thread holds would become part of the order.
    private static void RunOnCleanThread(Checker checker, Action order)
    {
        if (checker.PrimesHere)
        {
            order();
            return;
        }

        Thread thread = new(() => order()) { IsBackground = true, Name = "FenceKit contract" };
        thread.Start();
        InterruptShield.Run(thread, static started => started.Join()); // takes only a moment; the caller must not throw because of an interrupt
    }
}
