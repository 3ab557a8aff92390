// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

// Changes by other threads. Only a thread itself writes to its held list, so other threads notify it: a lock that is not bound to a thread
// was released by another one (a foreign release), or the validator has discarded state (its seed has changed). To make the thread look,
// its stamp is made stale. The stamp is part of every key and every comparison, so the next acquisition matches no cached entry and takes
// the slow path.
//
//   another thread                              the thread itself
//   add the release, or change the seed         write a valid stamp  (full fence)
//   full fence                                  take all releases; is the seed still the one in the stamp?
//   make the stamp stale
//
// If the valid stamp overwrites the stale one, the change is already there and is seen; otherwise the stamp stays stale.
public sealed partial class LockHolder
{
    /// <summary>
    /// The stamp while there is a pending change. A regular state has this value or Unsettled with a probability of one in 2^63.
    /// </summary>
    private const ulong Stale = 0xA5A5_0F0F_3C3C_9696UL;

    /// <summary>The stamp of an entry that must be validated each time.</summary>
    internal const ulong Unsettled = 0x5A5A_F0F0_C3C3_6969UL;

    private ulong _stamp = Stale;
    private ForeignRelease? _foreignReleases;

    private sealed class ForeignRelease(object instance, ForeignRelease? next)
    {
        public object Instance { get; } = instance;

        public ForeignRelease? Next { get; } = next;
    }

    /// <summary>Whether there is a change that the thread has not yet processed.</summary>
    internal bool IsStale => Volatile.Read(ref _stamp) == Stale; // pairs with the write in MarkStale

    /// <summary>Makes the stamp stale. Called by any thread, after a full fence.</summary>
    internal void MarkStale() => Volatile.Write(ref _stamp, Stale); // pairs with the exchange in Refresh; the table above says how

    void IFlowReader.MarkStale() => MarkStale();

    /// <summary>Processes pending changes. Called by the thread itself before it reads its held list.</summary>
    internal void Settle()
    {
        // While a sink runs, the index of the reported acquisition must not change; the changes can wait.
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

    /// <summary>Called by the thread itself, or by the thread that detects that it has ended.</summary>
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
    /// Computes the stamp again. Called by the thread itself when its state has changed. A pending change stays pending: if a valid stamp
    /// replaced a stale one, the thread would never learn that it runs another flow, or that a lock was released elsewhere.
    /// </summary>
    private void Restamp()
    {
        ulong known = Volatile.Read(ref _stamp); // pairs with the write in MarkStale
        if (known != Stale)
        {
            // Pairs with the write in MarkStale: a notification that comes in between makes this exchange fail, and a later one makes the
            // new stamp stale.
            Interlocked.CompareExchange(ref _stamp, _state ^ Owner.Seed, known);
        }
    }

    /// <summary>Writes the stamp of the current state. False when there is a pending change; the stamp is then stale.</summary>
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
