// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The outcome of a fence for the continuation that is running on this thread. A timeline may forget faults, but an awaiter that was
/// registered before the signal must get the outcome in any case, so it is passed to the continuation by a thread-static field. Not set if
/// the fence has simply signaled.
/// </summary>
internal readonly struct DeliveredOutcome(Fence fence, FenceStatus status, Exception? error)
{
    [ThreadStatic]
    private static DeliveredOutcome t_current;

    private readonly Fence _fence = fence;
    private readonly FenceStatus _status = status;
    private readonly Exception? _error = error;

    /// <summary>
    /// Sets the outcome for the code that runs next on this thread, and returns the previous one, which must be restored afterwards.
    /// </summary>
    internal static DeliveredOutcome Set(DeliveredOutcome outcome)
    {
        ref DeliveredOutcome current = ref t_current;
        DeliveredOutcome before = current;
        current = outcome;
        return before;
    }

    /// <summary>
    /// Returns the outcome of a complete fence: the one passed to this continuation or, if there is none, the one that the timeline
    /// remembers.
    /// </summary>
    internal static FenceStatus OutcomeOf(Fence fence, out Exception? error)
    {
        ref DeliveredOutcome current = ref t_current;
        if (current._status != FenceStatus.Pending && current._fence == fence)
        {
            error = current._error;
            return current._status;
        }

        return fence.GetStatus(out error);
    }
}
