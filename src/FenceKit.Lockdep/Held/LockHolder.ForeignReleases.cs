// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

// What other threads change. Only a thread itself writes to its list, so it is told: a lock that is not bound to a thread was let go by
// another one (a foreign release), or the validator has forgotten something (its seed has changed). So that the thread looks, its stamp is made
// stale: the stamp goes into every key and every comparison, so the next acquisition finds nothing that it knows and comes by the slow path.
//
//   another thread                              the thread itself
//   add the release, or change the seed         write a good stamp   (full fence)
//   full fence                                  take all releases; is the seed still the one in the stamp?
//   make the stamp stale
//
// If the good stamp overwrites the stale one, the change is there already and is seen; otherwise the stamp stays stale.
public sealed partial class LockHolder
{
    /// <summary>The stamp while there is a change to take note of. No state has this one or the next, but for one in 2^63.</summary>
    private const ulong Stale = 0xA5A5_0F0F_3C3C_9696UL;

    /// <summary>The stamp of an entry that must be judged anew each time.</summary>
    internal const ulong Unsettled = 0x5A5A_F0F0_C3C3_6969UL;

    private ulong _stamp = Stale;
    private ForeignRelease? _foreignReleases;

    private sealed class ForeignRelease(object instance, ForeignRelease? next)
    {
        public object Instance { get; } = instance;

        public ForeignRelease? Next { get; } = next;
    }

    /// <summary>Something was changed that the thread has not taken note of.</summary>
    internal bool IsStale => Volatile.Read(ref _stamp) == Stale; // pairs with the write in MarkStale

    /// <summary>By any thread, after a full fence.</summary>
    internal void MarkStale() => Volatile.Write(ref _stamp, Stale); // pairs with the exchange in Refresh; the table above says how

    void IFlowReader.MarkStale() => MarkStale();

    /// <summary>By the thread itself, before it looks at what it holds: takes note of what others have changed.</summary>
    internal void Settle()
    {
        // While a sink runs, the acquisition that it is told of is at a known place; the changes can wait.
        if (IsStale && !IsReporting)
        {
            TakeAllChanges();
        }
    }

    private void AddForeignRelease(object instance)
    {
        ForeignRelease? first;
        ForeignRelease release;
        do
        {
            first = Volatile.Read(ref _foreignReleases); // pairs with the exchange of another thread that adds one
            release = new ForeignRelease(instance, first);
        }
        while (Interlocked.CompareExchange(ref _foreignReleases, release, first) != first); // pairs with the exchange in TakeForeignReleases
        MarkStale();
    }

    /// <summary>By the thread itself, or by the one that sees that it has ended.</summary>
    internal void TakeForeignReleases()
    {
        // Pairs with the exchange in AddForeignRelease.
        for (ForeignRelease? release = Interlocked.Exchange(ref _foreignReleases, null); release is not null; release = release.Next)
        {
            int index = IndexOf(release.Instance);
            if (index >= 0)
            {
                RemoveAt(index);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TakeAllChanges()
    {
        while (!Refresh())
        {
            TakeForeignReleases();
        }

        SyncFlow();
    }

    /// <summary>
    /// By the thread itself, when its state has changed. A change that it has not taken note of yet remains one: with a stale stamp taken for a good one it would
    /// never hear that the thread goes on with another flow, or that a lock was let go elsewhere.
    /// </summary>
    private void Restamp()
    {
        ulong known = Volatile.Read(ref _stamp); // pairs with the write in MarkStale
        if (known != Stale)
        {
            // Pairs with the write in MarkStale: what is told meanwhile makes it fail, and what is told later makes the new stamp stale.
            Interlocked.CompareExchange(ref _stamp, _state ^ Owner.Seed, known);
        }
    }

    /// <summary>Writes the stamp of the present state. False when there is a change to take note of: the stamp is then stale.</summary>
    private bool Refresh()
    {
        ulong seed = Owner.Seed;
        Interlocked.Exchange(ref _stamp, _state ^ seed); // pairs with the write in MarkStale
        if (Volatile.Read(ref _foreignReleases) is null && Owner.Seed == seed)
        {
            return true;
        }

        MarkStale();
        return false;
    }
}
