// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using FenceKit.Lockdep;

namespace FenceKit.Diagnostics;

/// <summary>
/// Tells the lock validator what FenceKit does. Its files are the only ones that name a type of FenceKit.Lockdep; reached through
/// <see cref="FenceContract"/>, and only when the contract is checked.
/// </summary>
/// <remarks>
/// <para>Everything that can be waited for is a lock in the validator's eyes. A thread on the way to the signal of a fence holds it shared
/// (any number may be); a waiter wants it exclusively. A lock held over the wait and taken on the way to the signal is then an ordinary
/// circle, although the two threads never met.</para>
/// <para>No signature that <see cref="FenceContract"/> uses names such a type either: compiling the call would load it.</para>
/// <para>Beginning to signal is a try: it never waits, so nothing leads into it.</para>
/// </remarks>
internal static partial class FenceAnnotations
{
    // The sites of primed dependencies: the rule stands in reports where the other driver's code would stand. Numbers as in docs/contract.md.
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

    /// <summary>A validator, and which orders it has been taught.</summary>
    private sealed record Checker(LockValidator Validator, bool PrimesHere)
    {
        public ConcurrentDictionary<LockClass, bool> Primed { get; } = new();

        public ConcurrentDictionary<(LockClass Whole, LockClass Member), bool> Composed { get; } = new();
    }

    private static Checker Current => Volatile.Read(ref s_checker) ?? Start(LockValidator.Default, primesHere: false); // pairs with the write in Start

    /// <summary>Exchanges the validator, for tests: each wants a graph of its own.</summary>
    /// <param name="validator">The validator.</param>
    /// <param name="primesHere">Teach orders on the thread that needs them, if it holds nothing ever: twenty thousand times, a thread each costs minutes.</param>
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

    /// <summary>Those inside a gate. A class of its own, beside that of fences: a gate and a device may well have one name.</summary>
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
            PassPublishers(validator, publishing);
            validator.Release(s_schedule);
        });
        return map;
    }

    internal static void Export(object map)
    {
        // Inside a callback it would count as the subscriber's allocation; there will be another schedule.
        if (t_schedules == 0)
        {
            Prime(((LockMap)map).Class, static (validator, fence) =>
            {
                validator.Acquire(s_schedule, OrderRule, 0);
                validator.MightAcquire(fence, file: OrderRule, line: 0); // the callback itself never waits
                validator.Release(s_schedule);
            });
        }
    }

    internal static FenceContractScope EnterReclaim(string? file, int line) => BeginExclusive(s_reclaim, file, line);

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

    internal static void HandOver(IThreadPoolWorkItem work, bool preferLocal)
    {
        using (Current.Validator.Suppress("the thread pool may add a worker"))
        {
            InterruptShield.Queue(work, preferLocal);
        }
    }

    internal static void MightGrow() => Current.Validator.MightAllocate();

    internal static FenceContractScope BeginSignaling(object map, string? file, int line)
    {
        LockMap fence = (LockMap)map;
        LockValidator validator = Current.Validator;
        bool isNested = validator.IsHeld(fence);
        if (!isNested)
        {
            validator.Acquire(fence, new LockAcquireOptions { Mode = LockAcquireMode.Shared, Attempt = LockAttempt.Try }, file, line);
        }

        return Open(fence, isHeld: !isNested, file, line);
    }

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

    internal static void PassPublishers(object map) => PassPublishers(Current.Validator, (LockMap)map);

    /// <summary>Runs a subscriber's callback: it neither waits nor allocates, nor takes a lock that is held over a wait.</summary>
    internal static void RunSchedule<TCall>(object subscriber, ref TCall call)
        where TCall : struct, IContractCall, allows ref struct
    {
        LockValidator validator = Current.Validator;
        _ = ThreadScopes.OfThisThread; // not at the callback's expense
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

    /// <summary>Runs the callbacks of a signal: the signaler has other fences to signal, and perhaps locks.</summary>
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
            // The session reports what was thrown; that an exception has to be allocated is not a second finding.
            using (validator.Suppress("a subscriber threw while it was scheduled"))
            {
                section.Dispose();
            }

            throw;
        }

        section.Dispose();
    }

    private static void PassPublishers(LockValidator validator, LockMap publishing)
    {
        using (validator.EnterNoWaitSection())
        {
            validator.MightAcquire(publishing, file: null, line: 0);
        }
    }

    private static FenceContractScope BeginExclusive(LockMap map, string? file, int line)
    {
        LockValidator validator = Current.Validator;
        bool isNested = validator.IsHeld(map);
        if (!isNested)
        {
            validator.Acquire(map, file, line);
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
        s_classes.GetOrAdd($"{kind} {name}", static full => LockClass.Create(Printed(full)));

    /// <summary>Timelines and notifiers may be called anything; classes may not.</summary>
    private static string Printed(string name) => string.Create(Math.Min(name.Length, LockClass.MaxNameLength), name, static (printed, source) =>
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
            OnItsOwn(checker, () =>
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
    /// Teaches an order once, with a stand-in for the instance: what was never seen must not make a report certain.
    /// </summary>
    private static void Prime(LockClass lockClass, Action<LockValidator, LockMap> order)
    {
        Checker checker = Current;
        if (checker.Primed.TryAdd(lockClass, true))
        {
            PrimeNow(checker, lockClass, order);
        }
    }

    // Apart, so that what it captures is not allocated by every schedule that finds the order taught.
    private static void PrimeNow(Checker checker, LockClass lockClass, Action<LockValidator, LockMap> order) =>
        OnItsOwn(checker, () => order(checker.Validator, new LockMap(lockClass, "(any)")));

    // On a thread that holds nothing: what ours holds would become part of the order.
    private static void OnItsOwn(Checker checker, Action order)
    {
        if (checker.PrimesHere)
        {
            order();
            return;
        }

        Thread thread = new(() => order()) { IsBackground = true, Name = "FenceKit contract" };
        thread.Start();
        InterruptShield.Run(thread, static started => started.Join()); // a moment; the caller is one that neither blocks nor throws
    }
}
