// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// The tasks of one timeline's pending fences: one for each fence, however often it is asked for, since a task that nobody refers to any more
/// cannot be told from one that code waits for. It goes away when the fence completes.
/// </summary>
internal sealed class FenceTasks
{
    // Keyed by the timeline, and alive only as long as that is: a task of an abandoned fence does not keep the fence from being abandoned.
    private static readonly ConditionalWeakTable<FenceTimeline, FenceTasks> s_timelines = [];

    private readonly Lock _lock = new();
    private Pending? _only;                         // under the lock: the usual case
    private Dictionary<ulong, Pending>? _others;    // under the lock: by target

    /// <summary>The task of a pending fence; of one that has completed meanwhile a complete one.</summary>
    internal static Task Of(Fence fence)
    {
        FenceTasks tasks = s_timelines.GetValue(fence.Timeline!, static _ => new FenceTasks());
        Pending pending = tasks.GetOrAdd(fence, out bool isNew);

        // Outside the lock: adding may call the driver. A caller that got the same task meanwhile waits for what comes of it here.
        if (isNew && !fence.TryAddCallback(pending))
        {
            pending.Complete(fence.GetStatus(out Exception? error), error);
        }

        return pending.Task;
    }

    private Pending GetOrAdd(Fence fence, out bool isNew)
    {
        _lock.EnterShielded();
        try
        {
            Pending? known = _only?.Fence == fence ? _only : _others?.GetValueOrDefault(fence.Target);
            isNew = known is null;
            if (known is not null)
            {
                return known;
            }

            Pending pending = new(this, fence);
            if (_only is null)
            {
                _only = pending;
            }
            else
            {
                (_others ??= []).Add(fence.Target, pending);
            }

            return pending;
        }
        finally
        {
            _lock.Exit();
        }
    }

    private void Remove(Pending pending)
    {
        _lock.EnterShielded();
        if (ReferenceEquals(_only, pending))
        {
            _only = null;
        }
        else
        {
            _others?.Remove(pending.Fence.Target);
        }

        _lock.Exit();
    }

    private sealed class Pending(FenceTasks tasks, Fence fence) : FenceCallback
    {
        private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Fence Fence { get; } = fence;

        internal Task Task => _completion.Task;

        internal void Complete(FenceStatus status, Exception? error)
        {
            tasks.Remove(this);
            if (status == FenceStatus.Signaled)
            {
                _completion.TrySetResult();
            }
            else
            {
                _completion.TrySetException(error ?? FenceRetiredException.For(Fence));
            }
        }

        protected override void OnSignaled(FenceStatus status, Exception? fault) => Complete(status, fault);
    }
}
