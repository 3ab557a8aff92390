// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>How far an invalidation has come.</summary>
public enum InvalidationOutcome
{
    /// <summary>Nobody uses the range any more: free it, and then commit the session.</summary>
    Completed = 0,

    /// <summary>
    /// Somebody still uses the range and the time is over (or, from <c>InvalidationNotifier.Invalidate</c>, somebody
    /// could not even be scheduled without blocking). Wait again, or back off.
    /// </summary>
    Pending = 1,

    /// <summary>
    /// Somebody failed to let go of the range: the fence faulted, its outcome is unknown, or the subscriber threw. The range must not
    /// be freed. See <see cref="InvalidationSession.CopyPending"/> for who it was.
    /// </summary>
    Faulted = 2,

    /// <summary>
    /// Another session over a part of the range, which began earlier, was committed: what this one was about to hand back may be gone, all
    /// of it or a part. Back off, look at your table what is left of the range, and schedule that anew. See <see cref="InvalidationSession"/>.
    /// </summary>
    Superseded = 3,
}
