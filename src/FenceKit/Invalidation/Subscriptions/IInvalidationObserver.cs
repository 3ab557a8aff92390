// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>A subscriber that also wants to hear how each session ended in which it was asked to let go.</summary>
public interface IInvalidationObserver : IInvalidationSubscriber
{
    /// <summary>A session has ended in which this subscriber took part. The range is open again.</summary>
    /// <param name="request">
    /// What it was asked to let go of, once for each range of a batch. <see cref="InvalidationRequest.Predecessor"/> is <c>default</c>.
    /// </param>
    /// <param name="isCommitted">
    /// True: the range is gone, or changed as the reason says. False: it stays as it was, because the owner backed off, or because another
    /// subscriber refused; what this one has begun to let go of it lets go of all the same, and may map anew.
    /// </param>
    /// <remarks>
    /// <para>Runs on the thread that ends the session, before the member that ends it returns, under no lock of FenceKit's. The rules of
    /// <see cref="IInvalidationSubscriber.TrySchedule"/> hold: <b>it must not wait, must not allocate, and must not take a lock that is
    /// ever held over a wait</b>. Other sessions over the range may have begun meanwhile. An exception is caught, counted
    /// (<see cref="InvalidationStatistics.SubscriberFaults"/>) and reported.</para>
    /// <para>It is called after <c>TrySchedule</c> has returned true or thrown, and for one that was not asked again because it had let
    /// go before (<see cref="InvalidationSubscriptionOptions.MapsThroughSubscription"/>); not after a refusal of its own, and never
    /// once its unsubscribing has returned. Costs 0 bytes.</para>
    /// </remarks>
    void OnEnded(in InvalidationRequest request, bool isCommitted);
}
