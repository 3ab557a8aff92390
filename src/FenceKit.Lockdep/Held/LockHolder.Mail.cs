// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

// News from other threads. Only a thread itself writes to its list, so it is told: a lock that is not bound to a thread was let go by
// another one (mail), or the validator has forgotten something (its seed has changed). So that the thread looks, its stamp is made stale: the
// stamp goes into every key and every comparison, so the next acquisition finds nothing that it knows and comes by the slow path.
//
//   another thread                              the thread itself
//   push the mail, or change the seed           write a good stamp   (full fence)
//   full fence                                  take all mail; is the seed still the one in the stamp?
//   make the stamp stale
//
// If the good stamp overwrites the stale one, the news is there already and is seen; otherwise the stamp stays stale.
public sealed partial class LockHolder
{
    /// <summary>The stamp while there is news. No state has this one or the next, but for one in 2^63.</summary>
    private const ulong Stale = 0xA5A5_0F0F_3C3C_9696UL;

    /// <summary>The stamp of an entry that must be judged anew each time.</summary>
    internal const ulong Unsettled = 0x5A5A_F0F0_C3C3_6969UL;

    private ulong _stamp = Stale;
    private Letter? _mail;

    private sealed class Letter(object instance, Letter? next)
    {
        public object Instance { get; } = instance;

        public Letter? Next { get; } = next;
    }

    private bool IsStale => Volatile.Read(ref _stamp) == Stale; // pairs with the write in MarkStale

    /// <summary>By any thread, after a full fence.</summary>
    internal void MarkStale() => Volatile.Write(ref _stamp, Stale); // pairs with the exchange in Refresh; the table above says how

    /// <summary>By the thread itself, before it looks at what it holds: takes note of all news.</summary>
    internal void Settle()
    {
        // While a sink runs, the acquisition that it is told of is at a known place; the news can wait.
        if (IsStale && !IsReporting)
        {
            TakeAllNews();
        }
    }

    private void Post(object instance)
    {
        Letter? first;
        Letter letter;
        do
        {
            first = Volatile.Read(ref _mail); // pairs with the exchange of whoever else posts
            letter = new Letter(instance, first);
        }
        while (Interlocked.CompareExchange(ref _mail, letter, first) != first); // pairs with the exchange in TakeMail
        MarkStale();
    }

    /// <summary>By the thread itself, or by whoever sees that it has ended.</summary>
    internal void TakeMail()
    {
        // Pairs with the exchange in Post.
        for (Letter? mail = Interlocked.Exchange(ref _mail, null); mail is not null; mail = mail.Next)
        {
            int index = IndexOf(mail.Instance);
            if (index >= 0)
            {
                RemoveAt(index);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TakeAllNews()
    {
        while (!Refresh())
        {
            TakeMail();
        }

        SyncFlow();
    }

    /// <summary>Writes the stamp of the present state. False when there is news: the stamp is then stale.</summary>
    private bool Refresh()
    {
        ulong seed = Owner.Seed;
        Interlocked.Exchange(ref _stamp, _state ^ seed); // pairs with the write in MarkStale
        if (Volatile.Read(ref _mail) is null && Owner.Seed == seed)
        {
            return true;
        }

        MarkStale();
        return false;
    }
}
