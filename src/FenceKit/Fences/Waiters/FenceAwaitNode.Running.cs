// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// The end of a wait: dispatching the continuation to its target, and running it.
internal partial class FenceAwaitNode : IThreadPoolWorkItem
{
    private static readonly SendOrPostCallback s_post = static state => ((FenceAwaitNode)state!).RunGuarded();
    private static readonly Action<object?> s_start = static state => ((FenceAwaitNode)state!).RunGuarded();
    private static readonly ContextCallback s_invoke = static state => ((Action)state!).Invoke();

    internal override void Deliver(ref ContinuationBatch continuations) => Dispatch(ref continuations);

    internal override void DescribeWaits(Fence fence, List<FenceWait> waits) => waits.Add(FenceWait.Of(DescribeContinuation(), fence));

    /// <summary>Dispatches the continuation to its target. The node must not be accessed afterwards: it may serve another await already.</summary>
    internal void Dispatch()
    {
        ContinuationBatch continuations = default;
        Dispatch(ref continuations);
        continuations.Flush();
    }

    /// <inheritdoc cref="Dispatch()"/>
    protected void Dispatch(ref ContinuationBatch continuations)
    {
        if ((_carries & Load.Context) != 0)
        {
            continuations.Flush();
            Post(_context!);
        }
        else if ((_carries & Load.Inline) != 0 && continuations.HasRoom)
        {
            continuations.Flush();
            RunGuarded();
        }
        else
        {
            continuations.Add(this);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        FenceCallback? behind = Next;
        if (behind is not null)
        {
            // Queues the next one first, so that it does not have to wait if this continuation blocks.
            Next = null;
            InterruptShield.Queue((FenceAwaitNode)behind, preferLocal: true);
        }

        RunGuarded();
    }

    protected override void OnSignaled(FenceStatus status, Exception? fault) => Dispatch();

    /// <summary>
    /// Runs the continuation, and catches its exceptions, which must not end the process: the thread may be one of the pool, of a timer, or
    /// of a canceler. An async method catches its own exceptions; other continuations may throw.
    /// </summary>
    private void RunGuarded()
    {
        FenceTimeline? timeline = Timeline; // read before the continuation runs, because the node may serve another wait then
        ulong target = Target;
        try
        {
            RunContinuation();
        }
        catch (Exception exception)
        {
            FenceTimeline.ReportUserFault("a continuation", exception, timeline, TimelineState.PointOf(target));
        }
    }

    /// <summary>
    /// Runs the continuation, on its target thread, after freeing the node. No reference is left in the node that would keep an object alive.
    /// </summary>
    private void RunContinuation()
    {
        HeldLocks.CheckNone();
        Action continuation = _continuation!;
        _continuation = null;
        CancellationTokenRegistration registration = TakeRegistration();
        if ((_carries & (Load.Context | Load.Flow)) != 0 || Timeline is null or { HasFaulted: true })
        {
            RunUnusual(continuation, registration);
            return;
        }

        bool isRegistered = (_carries & Load.Token) != 0;
        Recycle();
        if (isRegistered)
        {
            registration.UnregisterShielded(); // does not wait for a callback that is running, which will find another wait in the node, or none
        }

        continuation();
    }

    private CancellationTokenRegistration TakeRegistration()
    {
        CancellationTokenRegistration registration = default;
        if ((_carries & Load.Token) != 0)
        {
            registration = _registration;
            _registration = default;
        }

        return registration;
    }

    /// <summary>
    /// Runs a continuation with a context or with an outcome to pass on. A separate method, so that the usual case has a smaller stack frame.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RunUnusual(Action continuation, CancellationTokenRegistration registration)
    {
        ExecutionContext? executionContext = _executionContext;
        _executionContext = null;
        _context = null;
        FenceTimeline? timeline = Timeline;
        FenceStatus status = DeliveredStatus;
        Exception? error = DeliveredError;
        ulong target = Target;
        DeliveredError = null;
        Recycle();
        registration.UnregisterShielded(); // does not wait, as in RunContinuation
        if (status is FenceStatus.Pending || timeline is null || (status is FenceStatus.Signaled && !timeline.HasFaulted))
        {
            Invoke(continuation, executionContext);
            return;
        }

        DeliveredOutcome before = DeliveredOutcome.Set(new DeliveredOutcome(new Fence(timeline, TimelineState.PointOf(target)), status, error));
        try
        {
            Invoke(continuation, executionContext);
        }
        finally
        {
            DeliveredOutcome.Set(before);
        }
    }

    private static void Invoke(Action continuation, ExecutionContext? executionContext)
    {
        if (executionContext is null)
        {
            continuation();
        }
        else
        {
            ExecutionContext.Run(executionContext, s_invoke, continuation);
        }
    }

    private void Post(object captured)
    {
        FenceTimeline? timeline = Timeline;
        ulong target = Target;
        try
        {
            if (captured is SynchronizationContext context)
            {
                context.Post(s_post, this);
            }
            else
            {
                _ = Task.Factory.StartNew(
                    s_start, this, CancellationToken.None, TaskCreationOptions.DenyChildAttach, (TaskScheduler)captured);
            }
        }
        catch (Exception exception)
        {
            // If the context refuses, because its window was closed for example, the waiter must not hang: the continuation runs on the
            // thread pool, and the exception is reported.
            InterruptShield.Queue(this, preferLocal: true);
            if (timeline is not null)
            {
                FenceTimeline.ReportCallbackFault(this, timeline, TimelineState.PointOf(target), exception);
            }
        }
    }

    /// <summary>
    /// Returns the name of the awaiting method: its state machine is a type argument of the object that the compiler's builder boxes it in.
    /// </summary>
    private string DescribeContinuation()
    {
        foreach (Type argument in _continuation?.Target?.GetType().GenericTypeArguments ?? [])
        {
            int end = argument.Name.IndexOf('>', StringComparison.Ordinal);
            if (argument.Name.StartsWith('<') && end > 1)
            {
                return $"await in {argument.DeclaringType?.Name}.{argument.Name[1..end]}";
            }
        }

        return "await";
    }
}
