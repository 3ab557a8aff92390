// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>What a driver implements: somebody who uses memory that another one owns, and lets go of it when told.</summary>
public interface IInvalidationSubscriber
{
    /// <summary>Starts to let go of a range, and hands back the fence that says when it is done.</summary>
    /// <param name="request">What to let go of.</param>
    /// <param name="fence">
    /// Signals when nothing of this subscriber uses the range any more. <c>default</c> when that is so already. Steps that follow each
    /// other (drain, flush, acknowledge) are chained with fence callbacks; the fence handed back is that of the last one.
    /// </param>
    /// <returns>
    /// False when it cannot start without blocking, because a lock is taken, for example. The owner's schedule then ends as a whole with
    /// "would block", and will be tried again.
    /// </returns>
    /// <remarks>
    /// <para>Phase A of an invalidation. <b>It must not wait for anything, must not allocate, and must not take a lock that is ever held
    /// over a wait</b>: it may run while the owner reclaims memory that the very thing you wait for needs. It may run on several threads
    /// at once, for overlapping ranges too.</para>
    /// <para>When it runs, new readers of the range are held back already (<see cref="InvalidationSubscription.BeginRead"/>), and nothing
    /// can be published into it. An exception counts as "did not let go": the session ends as
    /// <see cref="InvalidationOutcome.Faulted"/>; the other subscribers are scheduled all the same.</para>
    /// </remarks>
    bool TrySchedule(in InvalidationRequest request, out Fence fence);
}
