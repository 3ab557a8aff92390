// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>A subscriber that is also told how each session ended in which it was called.</summary>
public interface IInvalidationObserver : IInvalidationSubscriber
{
    /// <summary>Called when a session in which this subscriber was called has ended. The range is open again.</summary>
    /// <param name="request">
    /// The request of the session; once for each range of a batch. <see cref="InvalidationRequest.Predecessor"/> is <c>default</c>.
    /// </param>
    /// <param name="isCommitted">
    /// True when the range is gone, or changed as the reason says. False when it stays as it was, because the owner backed off or another
    /// subscriber refused; this subscriber finishes letting go of what it has begun to, and may map it again.
    /// </param>
    /// <remarks>
    /// <para>Runs on the thread that ends the session, before the member that ends it returns, under no lock of FenceKit. The rules of
    /// <see cref="IInvalidationSubscriber.TrySchedule"/> apply: <b>it must not wait, must not allocate, and must not take a lock that is
    /// ever held over a wait</b>. Other sessions over the range may have begun in the meantime. An exception is caught, counted
    /// (<see cref="InvalidationStatistics.SubscriberFaults"/>) and reported.</para>
    /// <para>Called after <c>TrySchedule</c> has returned true or thrown, and for a subscriber that was not called again because it had let
    /// go before (<see cref="InvalidationSubscriptionOptions.MapsThroughSubscription"/>). Not called after the subscriber's own refusal,
    /// nor after its unsubscribing has returned. Allocates nothing.</para>
    /// </remarks>
    void OnEnded(in InvalidationRequest request, bool isCommitted);
}
