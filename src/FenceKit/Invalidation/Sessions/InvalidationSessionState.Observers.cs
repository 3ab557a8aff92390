// SPDX-License-Identifier: MIT
namespace FenceKit;

// Observers: noted in phase A, called when the range is open again.
internal sealed partial class InvalidationSessionState
{
    private readonly List<(InvalidationSubscription Subscription, AddressRange Range)> _observers = []; // in the order in which they were called in phase A

    /// <summary>
    /// Notes that a subscriber is told the end of the session: it was called, or it had let go before and was not called again.
    /// </summary>
    private void NoteObserver(InvalidationSubscription subscription, AddressRange range) => _observers.Add((subscription, range));

    /// <summary>
    /// Calls the observers outside every lock, on the thread that ends the session. As in phase A, an exception of one does not affect the
    /// others.
    /// </summary>
    private void NotifyObservers(bool committed)
    {
        // The thread counts as inside a callback, because an observer that unsubscribes there would wait for itself.
        BeginCalling();
        try
        {
            foreach ((InvalidationSubscription subscription, AddressRange range) in _observers)
            {
                try
                {
                    subscription.NotifyEnd(new InvalidationRequest(range, subscription.Range, Reason, Number, predecessor: default), committed);
                }
                catch (Exception exception)
                {
                    _counters.CountSubscriberFault();
                    Diagnostics.FenceKitEventSource.Log.SubscriberFaulted(subscription.Name, range.ToString(), exception);
                }
            }
        }
        finally
        {
            EndCalling();
        }
    }
}
