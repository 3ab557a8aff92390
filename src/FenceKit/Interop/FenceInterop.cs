// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Bridges between fences and what .NET waits for otherwise: tasks, value tasks, wait handles and cancellation tokens.</summary>
/// <remarks>
/// From a fence the bridge costs one callback, which goes away by itself when the fence signals. Towards a fence the caller gives the
/// producer's side (a <see cref="FenceSource"/>), so that a full pool is the caller's to see.
/// </remarks>
public static class FenceInterop
{
    /// <summary>A task that completes with the fence.</summary>
    /// <param name="fence">The fence.</param>
    /// <returns>
    /// Completed; or faulted with the error of the fence, or with <see cref="FenceRetiredException"/> when the outcome is no longer known,
    /// which is no success. Its continuations never run on the signaler's stack.
    /// </returns>
    /// <remarks>
    /// A pending fence has one task, however often it is asked for: it is allocated for the first, and kept until the fence completes.
    /// None is allocated for a fence that signaled.
    /// </remarks>
    public static Task AsTask(this Fence fence) => fence.GetStatus(out Exception? error) switch
    {
        FenceStatus.Pending => FenceTasks.Of(fence),
        FenceStatus.Signaled => Task.CompletedTask,
        _ => Task.FromException(error ?? FenceRetiredException.For(fence)),
    };

    /// <summary>A value task that completes with the fence. Prefer to await the fence itself.</summary>
    /// <param name="fence">The fence.</param>
    /// <returns>As <see cref="AsTask"/>; it may be awaited more than once.</returns>
    public static ValueTask AsValueTask(this Fence fence) =>
        fence.Status == FenceStatus.Signaled ? default : new ValueTask(fence.AsTask());

    /// <summary>A wait handle that is set when the fence is complete, with whatever outcome.</summary>
    /// <param name="fence">The fence.</param>
    /// <returns>The handle; the caller disposes it, also before the fence is complete. One that is dropped goes when it is collected.</returns>
    public static WaitHandle AsWaitHandle(this Fence fence) => new FenceWaitHandle(fence);

    /// <summary>A token that is canceled when the fence is complete, with whatever outcome.</summary>
    /// <param name="fence">The fence.</param>
    /// <param name="registration">
    /// Ends the bridge when the token is not needed any more: dispose it. Until then, or until the fence completes, the token is kept, because
    /// code may be registered with it that nobody else refers to.
    /// </param>
    /// <returns>The token. Code that is registered with it runs on the thread pool, never on the signaler's stack.</returns>
    /// <remarks>
    /// What registered code throws is reported through <see cref="FenceTimeline.CallbackFaulted"/>; all that is registered runs.
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
    /// <remarks>Rule 5 of the contract is with the caller: the task must end without anybody who waits for the fence.</remarks>
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

    /// <summary>Signals a rented fence when a task has ended, see <see cref="SignalWhenCompleted(Task, FenceSource)"/>.</summary>
    /// <param name="task">The value task; it is used up.</param>
    /// <param name="source">The producer's side of the fence.</param>
    /// <returns>The fence.</returns>
    public static Fence SignalWhenCompleted(this ValueTask task, FenceSource source) => task.AsTask().SignalWhenCompleted(source);

    /// <summary>Signals a fence when a token is canceled.</summary>
    /// <param name="token">The token.</param>
    /// <param name="source">The producer's side of the fence.</param>
    /// <returns>Ends the bridge; the fence is then still to be signaled by the caller.</returns>
    public static CancellationTokenRegistration SignalWhenCanceled(this CancellationToken token, FenceSource source) =>
        token.UnsafeRegister(static state => ((FenceSource)state!).TrySignal(), source);

    /// <summary>Signals a fence when a wait handle is set.</summary>
    /// <param name="handle">The handle.</param>
    /// <param name="source">The producer's side of the fence.</param>
    /// <returns>Ends the bridge when disposed; the fence is then still to be signaled by the caller.</returns>
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
            // Not the source: the token stays usable, and a callback that is on its way may still cancel it.
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
                // All that was registered has run. One report for each that threw: nobody else hears of it on the thread pool.
                foreach (Exception inner in exception.InnerExceptions)
                {
                    FenceTimeline.ReportUserFault("a registration of AsCancellationToken", inner, fence.Timeline, fence.Point);
                }
            }
        }

        internal void CancelNow() => _cancellation.Cancel(); // nobody can have registered yet

        protected override void OnSignaled(FenceStatus status, Exception? fault) => InterruptShield.Queue(this, preferLocal: false);
    }

    private sealed class FenceWaitHandle : EventWaitHandle
    {
        private readonly WeakReference<SetCallback> _callback; // weak: a handle that is held does not keep the timeline from being abandoned

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

            // To the handle of the system, because that is what a wait registered with the thread pool keeps; and it keeps us.
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
                // Disposed while we were on our way: nobody waits for it any more.
            }
        }
    }

    private sealed class HandleRegistration(RegisteredWaitHandle registration) : IDisposable
    {
        public void Dispose() => registration.Unregister(null);
    }
}
