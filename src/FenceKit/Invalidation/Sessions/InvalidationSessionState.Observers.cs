// SPDX-License-Identifier: MIT
namespace FenceKit;

// Subscribers that want to hear how it ended: noted in phase A, told when the range is open again.
internal sealed partial class InvalidationSessionState
{
    private (InvalidationSubscription Subscription, AddressRange Range)[] _observers = []; // in the order in which they were asked to let go
    private int _observerCount;

    /// <summary>Notes that a subscriber hears of the end: it was asked to let go, or had let go before and was not asked again.</summary>
    private void NoteObserver(InvalidationSubscription subscription, AddressRange range)
    {
        if (_observerCount == _observers.Length)
        {
            // Between two callbacks, not inside one; as AddHolder.
            Array.Resize(ref _observers, Math.Max(4, _observerCount * 2));
        }

        _observers[_observerCount++] = (subscription, range);
    }

    /// <summary>Outside every lock, on the thread that ends the session. As in phase A, what one throws does not reach the others.</summary>
    private void TellObservers(bool committed)
    {
        // The thread counts as inside a callback: an observer that unsubscribes there would wait for itself.
        BeginCalling();
        try
        {
            for (int index = 0; index < _observerCount; index++)
            {
                (InvalidationSubscription subscription, AddressRange range) = _observers[index];
                try
                {
                    subscription.TellEnd(new InvalidationRequest(range, subscription.Range, Reason, Number, predecessor: default), committed);
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
