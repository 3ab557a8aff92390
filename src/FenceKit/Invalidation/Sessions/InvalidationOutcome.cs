// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The outcome of an invalidation so far.</summary>
public enum InvalidationOutcome
{
    /// <summary>Nobody uses the range any more: free it, and then commit the session.</summary>
    Completed = 0,

    /// <summary>
    /// The range is still in use and the time is over (or, from <c>InvalidationNotifier.Invalidate</c>, a subscriber could not even be
    /// scheduled without blocking). Wait again, or back off.
    /// </summary>
    Pending = 1,

    /// <summary>
    /// A subscriber failed to let go of the range: the fence faulted, its outcome is unknown, or the subscriber threw. The range must not
    /// be freed. <see cref="InvalidationSession.CopyPending"/> names the subscriber.
    /// </summary>
    Faulted = 2,

    /// <summary>
    /// An earlier session that overlaps the range was committed: what this one was about to free may be gone, all of it or a part. Back
    /// off, look up in your table what is left of the range, and schedule that again. See <see cref="InvalidationSession"/>.
    /// </summary>
    Superseded = 3,
}
