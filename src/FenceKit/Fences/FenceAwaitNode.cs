// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>The pooled node behind an <c>await</c>: holds the continuation and brings it to its place.</summary>
internal class FenceAwaitNode(FenceWaiterPools pools) : FenceCallback(isPrivate: true), IThreadPoolWorkItem
{
    // Which rental of the node this is, and how far it has got. An awaiter remembers the word it rented; if that no longer fits, the
    // awaiter is being used a second time and must leave the node alone.
    //
    //   Rented ──TryBeginRound──► Armed ──the continuation is taken out──► Consumed
    //     └────────────────────── TryTakeOutcome: next round, back to the pool ◄──┘
    private long _word;

    private const long StageMask = 3;
    private const long Rented = 0;
    private const long Armed = 1;
    private const long Consumed = 2;
    private const long NextRound = 4;

    private static readonly SendOrPostCallback s_post = static state => ((FenceAwaitNode)state!).RunContinuation();
    private static readonly Action<object?> s_start = static state => ((FenceAwaitNode)state!).RunContinuation();
    private static readonly ContextCallback s_invoke = static state => ((Action)state!).Invoke();

    private Action? _continuation;
    private ExecutionContext? _executionContext;
    private object? _context;
    private bool _inline;
    private Action? _dispatch;

    protected FenceWaiterPools Pools { get; } = pools;

    internal long Round => Volatile.Read(ref _word);

    /// <summary>Brings the continuation to its place, for waits that end by something else than a callback.</summary>
    internal Action DispatchAction => _dispatch ??= Dispatch;

    /// <summary>Claims the rental for one continuation; false when it has been used before.</summary>
    internal bool TryBeginRound(long round) => Interlocked.CompareExchange(ref _word, round | Armed, round) == round;

    /// <summary>For an owner of the node, who has one round at a time and begins the next one when nobody uses it any more.</summary>
    internal void Rearm(Action continuation, FencePlace place, ExecutionContext? executionContext)
    {
        Volatile.Write(ref _word, Armed);
        SetContinuation(continuation, place, executionContext);
    }

    /// <summary>Whether the continuation was taken out, to be run.</summary>
    internal bool IsConsumed => (Volatile.Read(ref _word) & StageMask) == Consumed;

    internal void SetContinuation(Action continuation, FencePlace place, ExecutionContext? executionContext)
    {
        Debug.Assert((_word & StageMask) == Armed, "The continuation is set between TryBeginRound and Arm.");
        _continuation = continuation;
        _inline = place.IsInline;
        if (executionContext is not null)
        {
            _executionContext = executionContext; // usually null over null: not worth the collector's write barrier
        }

        if (place.TryGetTarget(out object? target))
        {
            _context = target;
        }
    }

    internal void Arm(Fence fence)
    {
        // The last touch of the node on this thread when it returns true: it may have run, and serve another await, by then.
        if (fence.Timeline is not { } timeline || !timeline.TryAdd(this, fence.Target))
        {
            DeliverNow(fence);
        }
    }

    /// <summary>The fence was complete already.</summary>
    protected void DeliverNow(Fence fence)
    {
        DeliveredStatus = fence.GetStatus(out DeliveredError);
        Dispatch();
    }

    /// <summary>Whether the result of the rental was taken: the node belongs to somebody else by now.</summary>
    internal bool IsOver(long round) => (Volatile.Read(ref _word) & ~StageMask) != round;

    /// <summary>Takes the outcome and gives the node back to the pool. False when the rental is over or the continuation still waits.</summary>
    internal bool TryTakeOutcome(long round, out FenceStatus status, out Exception? error)
    {
        status = default;
        error = null;
        long word = Volatile.Read(ref _word);
        if (word != (round | Consumed) && word != (round | Rented))
        {
            return false;
        }

        FenceStatus delivered = DeliveredStatus;
        Exception? deliveredError = DeliveredError;
        if (Interlocked.CompareExchange(ref _word, round + NextRound, word) != word)
        {
            return false;
        }

        // A node that was rented but never armed has no outcome: the fence signaled first, and answers itself.
        bool known = (word & StageMask) == Consumed;
        status = delivered;
        error = deliveredError;
        Recycle();
        return known;
    }

    internal override void Deliver(ref FenceHandOff handOff) => Dispatch(ref handOff);

    internal override void DescribeWaits(Fence fence, List<FenceWait> waits) => waits.Add(FenceWait.Of(DescribeContinuation(), fence));

    /// <summary>The method that awaits: its state machine is a type argument of the box that the compiler's builder puts it into.</summary>
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

    protected override void OnSignaled(FenceStatus status, Exception? fault) => Dispatch();

    /// <summary>Clears what must not outlive the wait, and goes back to the pool.</summary>
    protected virtual void Recycle()
    {
        Reset();
        Pools.Return(this);
    }

    protected void Reset()
    {
        DeliveredStatus = FenceStatus.Pending;
        DeliveredError = null;
        Timeline = null;
    }

    /// <summary>Brings the continuation to its place. The node must not be touched afterwards: it may serve another await already.</summary>
    internal void Dispatch()
    {
        FenceHandOff handOff = default;
        Dispatch(ref handOff);
        handOff.Flush();
    }

    /// <inheritdoc cref="Dispatch()"/>
    protected void Dispatch(ref FenceHandOff handOff)
    {
        if (_context is not null)
        {
            handOff.Flush();
            Post(_context);
        }
        else if (_inline && RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            handOff.Flush();
            RunContinuation();
        }
        else
        {
            handOff.Add(this);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        FenceCallback? behind = Next;
        if (behind is not null)
        {
            // First the others, then our own: a continuation that blocks must not hold them up.
            Next = null;
            ThreadPool.UnsafeQueueUserWorkItem((FenceAwaitNode)behind, preferLocal: true);
        }

        RunContinuation();
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
            // A context that refuses (a closed window, say) must not leave the waiter hanging: say so, and go on on the thread pool.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
            if (timeline is not null)
            {
                FenceTimeline.ReportCallbackFault(this, timeline, TimelineState.PointOf(target), exception);
            }
        }
    }

    private void RunContinuation()
    {
        Action continuation = _continuation!;
        ExecutionContext? executionContext = _executionContext;
        _continuation = null;
        _executionContext = null;
        _context = null;
        Volatile.Write(ref _word, (_word & ~StageMask) | Consumed);
        if (executionContext is null)
        {
            continuation();
        }
        else
        {
            ExecutionContext.Run(executionContext, s_invoke, continuation);
        }
    }
}
