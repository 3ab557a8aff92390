// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// How a fence ended, for the continuation that runs on this thread now. A fence knows its outcome as long as its timeline remembers its
/// faults; who awaited it in time hears it also when the timeline has forgotten. Nothing is told of a fence that simply signaled.
/// </summary>
internal readonly struct FenceNews(Fence fence, FenceStatus status, Exception? error)
{
    [ThreadStatic]
    private static FenceNews t_current;

    private readonly Fence _fence = fence;
    private readonly FenceStatus _status = status;
    private readonly Exception? _error = error;

    /// <summary>Puts news in the place of others, and returns these.</summary>
    internal static FenceNews Tell(FenceNews news)
    {
        ref FenceNews current = ref t_current;
        FenceNews before = current;
        current = news;
        return before;
    }

    /// <summary>The outcome of a complete fence: what this continuation was told, or what the timeline remembers.</summary>
    internal static FenceStatus OutcomeOf(Fence fence, out Exception? error)
    {
        ref FenceNews current = ref t_current;
        if (current._status != FenceStatus.Pending && current._fence == fence)
        {
            error = current._error;
            return current._status;
        }

        return fence.GetStatus(out error);
    }
}
