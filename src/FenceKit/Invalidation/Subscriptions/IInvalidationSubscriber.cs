// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>A user of memory that another party owns, for example a driver: it lets go of the memory when told to.</summary>
public interface IInvalidationSubscriber
{
    /// <summary>Starts to let go of a range, and returns the fence that signals when that is done.</summary>
    /// <param name="request">The range to let go of, and why.</param>
    /// <param name="fence">
    /// Signals when this subscriber no longer uses any of the range. <c>default</c> when that is already so. Consecutive steps (drain,
    /// flush, acknowledge) are chained with fence callbacks; return the fence of the last one.
    /// </param>
    /// <returns>
    /// False when it cannot start without blocking, for example because a lock is taken. The whole schedule of the owner is then refused,
    /// and tried again later.
    /// </returns>
    /// <remarks>
    /// <para>Phase A of an invalidation. <b>It must not wait for anything, must not allocate, and must not take a lock that is ever held
    /// over a wait</b>: it may run while the owner reclaims memory that the awaited work itself needs. It may run on several threads at
    /// once, even for overlapping ranges.</para>
    /// <para>When it runs, new readers of the range are already held back (<see cref="InvalidationSubscription.BeginRead"/>), and no
    /// mapping can be published into it. An exception counts as a failure to let go: the session ends as
    /// <see cref="InvalidationOutcome.Faulted"/>, but the other subscribers are still scheduled.</para>
    /// </remarks>
    bool TrySchedule(in InvalidationRequest request, out Fence fence);
}
