// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// One run of the code that makes the value of a <see cref="Lazy{T}"/>. A thread that reads the value later does not wait on this run of the program. On another run it
/// may come first, and then it makes the value itself, or waits for the thread that does. So a later read with a lock held is checked as if the value were not there
/// yet. Only a value whose making takes locks matters: the others are made without waiting for anything.
/// </summary>
/// <param name="outer">The run that was going on on this thread when this one began, if one value needs another; null otherwise.</param>
internal sealed class LazyMaking(LazyMaking? outer)
{
    private const int MostChains = 64;
    private static readonly ConditionalWeakTable<object, LazyMaking> s_byLazy = [];
    private static readonly ConditionalWeakTable<object, LazyMaking> s_byLock = []; // of locks that do not carry it themselves

    [ThreadStatic]
    private static LazyMaking? t_current;

    private LazyMaking? Outer { get; } = outer;

    private readonly UninterruptedLock _gate = new();
    private readonly HashSet<ulong> _chains = []; // under the gate: the keys of what was held when the value was asked for

    /// <summary>
    /// The innermost run that is going on on this thread; null if there is none. No other thread can have a lock that is created during it before the value is there.
    /// </summary>
    public static LazyMaking? Current => t_current;

    /// <summary>Records that a lock is created now. Needed for locks that are no <see cref="LockObject"/>, which remembers it by itself.</summary>
    public static void NoteLock(object target)
    {
        if (t_current is { } making)
        {
            s_byLock.AddOrUpdate(target, making);
        }
    }

    /// <summary>Called before the code that makes a value.</summary>
    /// <returns>The new run, whose <see cref="End"/> is to be called.</returns>
    public static LazyMaking Begin() => t_current = new LazyMaking(t_current);

    /// <summary>Called after the code that makes the value, also when it has thrown.</summary>
    public void End(object lazy, LockCallSite site)
    {
        t_current = Outer;
        using var ignored = LockValidator.Ignore();
        if (Session.Validator.IsHeldOverOthers(Session.Validator.MapOf(lazy, site.ClassFor(lazy)).Class)) // no lock was taken while a value of this class was made, so a read waits for nothing
        {
            s_byLazy.AddOrUpdate(lazy, this);
        }
    }

    /// <summary>
    /// Called when a thread that holds a lock reads a value that is there already: checks a wait for the one who makes it. Allocates nothing if the same locks were held,
    /// from the same lines, at an earlier read.
    /// </summary>
    public static void AskedAgain(object lazy, LockCallSite site)
    {
        if (s_byLazy.TryGetValue(lazy, out LazyMaking? making) && making.IsNew(Session.Validator.ChainHere()))
        {
            making.Asked(lazy, site);
        }
    }

    private bool IsNew(ulong chain)
    {
        using (_gate.EnterScope())
        {
            return _chains.Count < MostChains && _chains.Add(chain);
        }
    }

    private void Asked(object lazy, LockCallSite site)
    {
        using var ignored = LockValidator.Ignore();

        // What stands for a running asynchronous method or callback is left out: another call of the same method may have made the value.
        HeldStep[] held = Array.FindAll(Session.Validator.HeldHere(), static step => !step.Map.IsContext);
        if (held.Length == 0 || Array.Exists(held, IsPartOf))
        {
            return;
        }

        LockMap map = Session.Validator.MapOf(lazy, site.ClassFor(lazy));
        ChainRecord record = LockValidator.RecordOf(map, AcquireShape.Of(LockAcquireMode.Exclusive).AsWait(), site.Place);
        Session.Validator.Judge([new JudgedWant(held, map, record, Rules.Acquisition.NameOf(Thread.CurrentThread))]);
    }

    // Whether the held lock was created while the value was made. No thread could hold it and read the value before the value was there.
    private bool IsPartOf(HeldStep step)
    {
        LazyMaking? making = step.Map.Subject switch
        {
            LockObject tagged => tagged.MadeIn,
            var subject => s_byLock.TryGetValue(subject, out LazyMaking? known) ? known : null,
        };
        for (; making is not null; making = making.Outer)
        {
            if (ReferenceEquals(making, this))
            {
                return true;
            }
        }

        return false;
    }
}
