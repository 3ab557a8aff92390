// SPDX-License-Identifier: MIT
namespace FenceKit;

// Tells the observer how a session ended: on the thread that ends the session, at any time, but never after unsubscribing has returned.
public sealed partial class InvalidationSubscription
{
    private int _observerCallers; // the number of threads that are about to call the observer, or inside it

    // A session may end long after the subscription has been disposed, so both sides check:
    //
    //   thread that ends a session                  thread that unsubscribes
    //   --------------------------                  ------------------------
    //   _observerCallers++     (full fence)         _life = Removing           (full fence, RemoveOnce)
    //   _life == Subscribed?   (load)               _observerCallers != 0?     (load, IsCallingObserver)
    //
    // At least one sees the other: either the observer is not called, or unsubscribing waits until the call has returned.

    /// <summary>
    /// Whether a call of the observer is in progress. Read by the thread that unsubscribes, when the subscription is out of the index.
    /// </summary>
    private bool IsCallingObserver => Volatile.Read(ref _observerCallers) != 0;

    /// <summary>Calls the observer, unless the subscription is over.</summary>
    internal void NotifyEnd(in InvalidationRequest request, bool isCommitted)
    {
        Interlocked.Increment(ref _observerCallers);
        try
        {
            if (!IsDisposed)
            {
                CallObserver(in request, isCommitted);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _observerCallers); // release: the thread that unsubscribes sees everything that the call did
        }
    }
}
