// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>How far an invalidation has come.</summary>
public enum InvalidationOutcome
{
    /// <summary>Nobody uses the range any more: free it, and then commit the session.</summary>
    Completed = 0,

    /// <summary>
    /// Somebody still uses the range and the time is over (or, from <see cref="InvalidationNotifier.Invalidate{TState}"/>, somebody
    /// could not even be scheduled without blocking). Wait again, or back off.
    /// </summary>
    Pending = 1,

    /// <summary>
    /// Somebody failed to let go of the range: the fence faulted, its outcome is unknown, or the subscriber threw. The range must not
    /// be freed. See <see cref="InvalidationSession.CopyPending"/> for who it was.
    /// </summary>
    Faulted = 2,
}
