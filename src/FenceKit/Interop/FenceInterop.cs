// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// Conversions between fences and the other things that .NET code waits for: tasks, value tasks, wait handles and cancellation tokens.
/// </summary>
/// <remarks>
/// A conversion from a fence adds one callback, which is removed when the fence signals. A conversion to a fence takes a
/// <see cref="FenceSource"/>, which the caller rents, so that the caller handles a pool that is exhausted.
/// </remarks>
public static class FenceInterop
{
    /// <summary>Returns a task that completes with the fence.</summary>
    /// <param name="fence">The fence.</param>
    /// <returns>
    /// The task. It faults with the error of the fence, or with <see cref="FenceRetiredException"/> when the outcome is no longer known. Its
    /// continuations never run on the signaler's stack.
    /// </returns>
    /// <remarks>
    /// All calls for a pending fence return the same task, which the first call allocates. Allocates nothing for a fence that has signaled
    /// without an error.
    /// </remarks>
    public static Task AsTask(this Fence fence) => fence.GetStatus(out Exception? error) switch
    {
        FenceStatus.Pending => FenceTasks.Of(fence),
        FenceStatus.Signaled => Task.CompletedTask,
        _ => Task.FromException(error ?? FenceRetiredException.For(fence)),
    };

    /// <summary>Returns a value task that completes with the fence. Prefer to await the fence itself.</summary>
    /// <param name="fence">The fence.</param>
    /// <returns>The value task; see <see cref="AsTask"/>. It may be awaited more than once.</returns>
    public static ValueTask AsValueTask(this Fence fence) =>
        fence.Status == FenceStatus.Signaled ? default : new ValueTask(fence.AsTask());

    /// <summary>Returns a wait handle that is set when the fence is complete, with any outcome.</summary>
    /// <param name="fence">The fence.</param>
    /// <returns>The handle. The caller may dispose it at any time; a handle that is not disposed is cleaned up when it is collected.</returns>
    public static WaitHandle AsWaitHandle(this Fence fence) => new FenceWaitHandle(fence);

    /// <summary>Returns a token that is canceled when the fence is complete, with any outcome.</summary>
    /// <param name="fence">The fence.</param>
    /// <param name="registration">
    /// Dispose it when the token is no longer needed. Until then, or until the fence completes, the fence keeps the token alive, because
    /// callbacks may be registered with the token that nothing else refers to.
    /// </param>
    /// <returns>The token. Its callbacks run on the thread pool, never on the signaler's stack.</returns>
    /// <remarks>
    /// Exceptions of the token's callbacks are reported through <see cref="FenceTimeline.CallbackFaulted"/>, and do not keep other callbacks
    /// from running.
    /// </remarks>
    public static CancellationToken AsCancellationToken(this Fence fence, out IDisposable registration)
    {
        TokenCallback callback = new(fence);
        registration = callback;
        if (!fence.TryAddCallback(callback))
        {
            callback.CancelNow();
        }

        return callback.Token;
    }

    /// <summary>Signals a fence when a task completes: with its error if it faults, with a <see cref="TaskCanceledException"/> if it is canceled.</summary>
    /// <param name="task">The task.</param>
    /// <param name="source">The producer's side of the fence.</param>
    /// <returns>The fence.</returns>
    /// <remarks>Rule 5 of the contract is the caller's duty: the end of the task must not depend on a thread that waits for the fence.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="task"/> is null.</exception>
    public static Fence SignalWhenCompleted(this Task task, FenceSource source)
    {
        ArgumentNullException.ThrowIfNull(task);
        if (task.IsCompleted)
        {
            Complete(task, source);
        }
        else
        {
            _ = task.ContinueWith(
                static (ended, state) => Complete(ended, (FenceSource)state!),
                source,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.DenyChildAttach,
                TaskScheduler.Default);
        }

        return source.Fence;
    }

    /// <summary>Signals a fence when a value task completes; see <see cref="SignalWhenCompleted(Task, FenceSource)"/>.</summary>
    /// <param name="task">The value task; it must not be awaited afterwards.</param>
    /// <param name="source">The producer's side of the fence.</param>
    /// <returns>The fence.</returns>
    public static Fence SignalWhenCompleted(this ValueTask task, FenceSource source) => task.AsTask().SignalWhenCompleted(source);

    /// <summary>Signals a fence when a token is canceled.</summary>
    /// <param name="token">The token.</param>
    /// <param name="source">The producer's side of the fence.</param>
    /// <returns>The registration. If the caller disposes it, the caller must signal the fence.</returns>
    public static CancellationTokenRegistration SignalWhenCanceled(this CancellationToken token, FenceSource source) =>
        token.UnsafeRegister(static state => ((FenceSource)state!).TrySignal(), source);

    /// <summary>Signals a fence when a wait handle is set.</summary>
    /// <param name="handle">The handle.</param>
    /// <param name="source">The producer's side of the fence.</param>
    /// <returns>The registration. If the caller disposes it, the caller must signal the fence.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="handle"/> is null.</exception>
    public static IDisposable SignalWhenSet(this WaitHandle handle, FenceSource source)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return new HandleRegistration(ThreadPool.UnsafeRegisterWaitForSingleObject(
            handle, static (state, _) => ((FenceSource)state!).TrySignal(), source, Timeout.InfiniteTimeSpan, executeOnlyOnce: true));
    }

    private static void Complete(Task task, FenceSource source)
    {
        if (task.IsCompletedSuccessfully)
        {
            source.TrySignal();
        }
        else
        {
            source.TrySignal(task.IsFaulted ? task.Exception!.InnerException ?? task.Exception : new TaskCanceledException(task));
        }
    }

    private sealed class TokenCallback(Fence fence) : FenceCallback, IDisposable, IThreadPoolWorkItem
    {
        private readonly CancellationTokenSource _cancellation = new();

        internal CancellationToken Token => _cancellation.Token;

        public void Dispose()
        {
            // The CancellationTokenSource is not disposed: the token stays usable, and a callback that is about to run may still cancel it.
            fence.TryRemoveCallback(this);
        }

        public void Execute()
        {
            try
            {
                _cancellation.Cancel();
            }
            catch (AggregateException exception)
            {
                // All registered callbacks have run. Each exception is reported: on the thread pool nothing else would catch it.
                foreach (Exception inner in exception.InnerExceptions)
                {
                    FenceTimeline.ReportUserFault("a registration of AsCancellationToken", inner, fence.Timeline, fence.Point);
                }
            }
        }

        internal void CancelNow() => _cancellation.Cancel(); // no callback can be registered yet

        protected override void OnSignaled(FenceStatus status, Exception? fault) => InterruptShield.Queue(this, preferLocal: false);
    }

    private sealed class FenceWaitHandle : EventWaitHandle
    {
        private readonly WeakReference<SetCallback> _callback; // weak, so that the handle does not keep the timeline alive

        internal FenceWaitHandle(Fence fence)
            : base(initialState: false, EventResetMode.ManualReset)
        {
            SetCallback callback = new(fence, this);
            _callback = new WeakReference<SetCallback>(callback);
            if (!fence.TryAddCallback(callback))
            {
                Set();
                BridgeCallback.Release(callback.Reference);
                return;
            }

            // Tied to the SafeWaitHandle, since a wait that is registered with the thread pool keeps only that alive.
            BridgeLifeline.Tie(SafeWaitHandle, callback, kept: this);
        }

        protected override void Dispose(bool explicitDisposing)
        {
            if (explicitDisposing && _callback.TryGetTarget(out SetCallback? callback))
            {
                callback.Remove();
            }

            base.Dispose(explicitDisposing);
        }
    }

    private sealed class SetCallback(Fence fence, EventWaitHandle handle) : BridgeCallback<EventWaitHandle>(fence, handle)
    {
        protected override void OnSignaled(FenceStatus status, Exception? fault)
        {
            try
            {
                User?.Set();
            }
            catch (ObjectDisposedException)
            {
                // The handle was disposed in the meantime, so nobody waits for it.
            }
        }
    }

    private sealed class HandleRegistration(RegisteredWaitHandle registration) : IDisposable
    {
        public void Dispose() => registration.Unregister(null);
    }
}
