// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

// A lock that is not bound to a thread may be let go by another one. Only a thread itself writes to its list, so it is told by mail; and so
// that it looks, the other thread takes its cache away: the next acquisition finds nothing there and comes by the slow path.
//
//   another thread                         the thread that holds
//   push the mail          (full fence)    give back the cache     (plain write)
//   take the cache away                    take all mail           (full fence)
//
// If the mail is pushed after all was taken, the cache is taken away after it was given back. If before, the mail is among what was taken.
internal sealed partial class HeldStack
{
    private static readonly Slot[] s_nothingKnown = new Slot[1];

    private Slot[] _known = new Slot[FirstSlots];
    private Letter? _mail;

    private sealed record Letter(object Instance, Letter? Next);

    /// <summary>By any thread: the innermost hold of the lock has ended.</summary>
    internal override void Post(object instance)
    {
        Letter? first;
        Letter letter;
        do
        {
            first = Volatile.Read(ref _mail); // pairs with the exchange of whoever else posts
            letter = new Letter(instance, first);
        }
        while (Interlocked.CompareExchange(ref _mail, letter, first) != first); // pairs with the exchange in TakeMail
        Volatile.Write(ref _slots, s_nothingKnown);
    }

    /// <summary>By the thread itself, or by whoever sees that it has ended: forgets what others have let go.</summary>
    public void TakeMail()
    {
        // While a sink runs, the acquisition that it is told of is at a known place; the mail can wait.
        if (Volatile.Read(ref _mail) is not null && !IsReporting) // pairs with the exchange in Post
        {
            TakeAllMail();
        }
    }

    private void TakeAllMail()
    {
        _slots = _known;
        Letter? mail = Interlocked.Exchange(ref _mail, null); // pairs with the exchange in Post; see above
        for (; mail is not null; mail = mail.Next)
        {
            int index = _depth - 1;
            while (index >= 0 && !ReferenceEquals(_entries[index].Instance, mail.Instance))
            {
                index--;
            }

            if (index >= 0)
            {
                RemoveAt(index, Validator.Seed);
            }
        }
    }
}
