// SPDX-License-Identifier: MIT
namespace FenceKit;

// How it ended: told on the thread that ends the session, at whatever time that is, and never once unsubscribing has returned.
public sealed partial class InvalidationSubscription
{
    private int _tellers; // threads that are about to call the observer, or inside it

    // A session may end long after the subscription has, so both sides look:
    //
    //   the one who ends a session               the one who unsubscribes
    //   --------------------------               ------------------------
    //   _tellers++             (full fence)      _life = Removing       (full fence, TakeOut)
    //   _life == Subscribed?   (load)            _tellers != 0?         (load, IsBeingTold)
    //
    // At least one sees the other: either nothing is called, or unsubscribing waits until the call has returned.

    /// <summary>Whether a call of the observer is under way. Asked by the thread that unsubscribes it, when it is out of the index.</summary>
    private bool IsBeingTold => Volatile.Read(ref _tellers) != 0;

    /// <summary>Calls the observer, unless the subscription is over.</summary>
    internal void TellEnd(in InvalidationRequest request, bool isCommitted)
    {
        Interlocked.Increment(ref _tellers);
        try
        {
            if (!IsDisposed)
            {
                CallObserver(in request, isCommitted);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _tellers); // release: the thread that unsubscribes sees everything that the call did
        }
    }
}
