// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// The making of the value of a <see cref="Lazy{T}"/>. Whoever asks for the value later does not wait on this run, but would if it came first on another one: as with a
/// static constructor, that it has been made already does not matter.
/// </summary>
/// <param name="outer">The making that this one is a part of.</param>
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

    /// <summary>The one that goes on here: what is made now is nobody else's before the value is there.</summary>
    public static LazyMaking? Current => t_current;

    /// <summary>A lock is made that does not carry its making itself.</summary>
    public static void NoteLock(object target)
    {
        if (t_current is { } making)
        {
            s_byLock.AddOrUpdate(target, making);
        }
    }

    /// <summary>The value is about to be made.</summary>
    /// <returns>For <see cref="End"/>.</returns>
    public static LazyMaking Begin() => t_current = new LazyMaking(t_current);

    public void End(object lazy, LockCallSite site)
    {
        t_current = Outer;
        using var ignored = LockValidator.Ignore();
        if (Session.Validator.IsHeldOverOthers(Session.Validator.MapOf(lazy, site.ClassFor(lazy)).Class)) // of one that needs nothing nobody can be kept waiting
        {
            s_byLazy.AddOrUpdate(lazy, this);
        }
    }

    /// <summary>Records that a thread that holds something asks for a value that was made before. Allocates only for what is held the first time.</summary>
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

        // Asynchronous methods and callbacks are left out: one may ask for what another of its kind has made.
        HeldStep[] held = Array.FindAll(Session.Validator.HeldHere(), static step => !step.Map.IsContext);
        if (held.Length == 0 || Array.Exists(held, IsPartOf))
        {
            return;
        }

        LockMap map = Session.Validator.MapOf(lazy, site.ClassFor(lazy));
        ChainRecord record = LockValidator.RecordOf(map, AcquireShape.Of(LockAcquireMode.Exclusive).AsWait(), site.Place);
        Session.Validator.Judge([new JudgedWant(held, map, record, Rules.Acquisition.NameOf(Thread.CurrentThread))]);
    }

    // A lock that was made with the value can be held by nobody before it is there.
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
