// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// How a fence ended, for the continuation that runs on this thread now. A fence knows its outcome as long as its timeline remembers its
/// faults; an awaiter that came in time hears it also when the timeline has forgotten. Nothing is told of a fence that simply signaled.
/// </summary>
internal readonly struct DeliveredOutcome(Fence fence, FenceStatus status, Exception? error)
{
    [ThreadStatic]
    private static DeliveredOutcome t_current;

    private readonly Fence _fence = fence;
    private readonly FenceStatus _status = status;
    private readonly Exception? _error = error;

    /// <summary>Sets the outcome that the code on this thread hears, and returns the one before, to be set again afterwards.</summary>
    internal static DeliveredOutcome Set(DeliveredOutcome outcome)
    {
        ref DeliveredOutcome current = ref t_current;
        DeliveredOutcome before = current;
        current = outcome;
        return before;
    }

    /// <summary>The outcome of a complete fence: what this continuation was told, or what the timeline remembers.</summary>
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
