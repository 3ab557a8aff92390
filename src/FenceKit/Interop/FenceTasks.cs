// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// The tasks of the pending fences of one timeline: one for each fence, however often AsTask is called. A task cannot be freed before its
/// fence completes, since it is not known whether code still waits for it: so a new task for each call could pile up.
/// </summary>
internal sealed class FenceTasks
{
    // Each value lives only as long as its timeline, so a task does not keep an abandoned timeline alive.
    private static readonly ConditionalWeakTable<FenceTimeline, FenceTasks> s_timelines = [];

    private readonly Lock _lock = new();
    private Pending? _only;                         // under the lock: the first one; usually the only one
    private Dictionary<ulong, Pending>? _others;    // under the lock: by target

    /// <summary>Returns the task of a fence that is pending, or has completed in the meantime.</summary>
    internal static Task Of(Fence fence)
    {
        FenceTasks tasks = s_timelines.GetValue(fence.Timeline!, static _ => new FenceTasks());
        Pending pending = tasks.GetOrAdd(fence, out bool isNew);

        // Outside the lock, because adding may call the driver. Another caller may have the same task already; this thread completes it for
        // both.
        if (isNew && !fence.TryAddCallback(pending))
        {
            pending.Complete(fence.GetStatus(out Exception? error), error);
        }

        return pending.Task;
    }

    private Pending GetOrAdd(Fence fence, out bool isNew)
    {
        using InterruptShield.ShieldedScope scope = _lock.EnterShieldedScope();
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
