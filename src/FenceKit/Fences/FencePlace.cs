// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Where a continuation runs: one of the named places, or a scheduler that the caller gave.</summary>
internal readonly struct FencePlace
{
    private readonly FenceContinuation _kind;
    private readonly TaskScheduler? _scheduler;

    private FencePlace(FenceContinuation kind, TaskScheduler? scheduler)
    {
        _kind = kind;
        _scheduler = scheduler;
    }

    internal static FencePlace CapturedContext => default;

    internal bool IsInline => _kind == FenceContinuation.Inline;

    public static implicit operator FencePlace(FenceContinuation kind) => new(kind, null);

    /// <summary>The default scheduler is the thread pool, and the pool is reached faster without a task.</summary>
    internal static FencePlace On(TaskScheduler scheduler) =>
        new(FenceContinuation.ThreadPool, scheduler == TaskScheduler.Default ? null : scheduler);

    /// <summary>The SynchronizationContext or TaskScheduler to post to; null for the thread pool, or inline.</summary>
    internal object? GetTarget() => _scheduler ?? (_kind == FenceContinuation.CapturedContext ? CaptureContext() : null);

    private static object? CaptureContext()
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        if (context is not null && context.GetType() != typeof(SynchronizationContext))
        {
            return context;
        }

        TaskScheduler scheduler = TaskScheduler.Current;
        return scheduler == TaskScheduler.Default ? null : scheduler;
    }
}
