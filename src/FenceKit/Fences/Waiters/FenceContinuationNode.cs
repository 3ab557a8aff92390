// SPDX-License-Identifier: MIT

namespace FenceKit;

/// <summary>Holds the continuation of an <c>await</c> and brings it to its place.</summary>
internal class FenceContinuationNode() : FenceCallback(isPrivate: true), IThreadPoolWorkItem
{
    private static readonly SendOrPostCallback s_post = static state => ((FenceContinuationNode)state!).RunGuarded();
    private static readonly Action<object?> s_start = static state => ((FenceContinuationNode)state!).RunGuarded();
    private static readonly ContextCallback s_invoke = static state => ((Action)state!).Invoke();

    private Action? _continuation;
    private ExecutionContext? _executionContext;
    private object? _context;
    private Action? _dispatch;

    /// <summary>Brings the continuation to its place, for waits that end by something else than a callback.</summary>
    internal Action DispatchAction => _dispatch ??= Dispatch;

    /// <summary>Whether the continuation was taken out, to be run. Pairs with the store in <see cref="TakeBareContinuation"/>.</summary>
    internal bool IsConsumed => Volatile.Read(ref _continuation) is null;

    /// <summary>What the node carries besides the continuation: the usual wait is recognized by one byte.</summary>
    [Flags]
    private protected enum Load : byte
    {
        Nothing = 0, // the continuation runs on the thread pool

        /// <summary>On the stack of whoever ends the wait, if there is room.</summary>
        Inline = 1,

        /// <summary>A context to post to, or one that flows.</summary>
        Context = 2,

        /// <summary>A token that may end the wait.</summary>
        Token = 4,
    }

    private protected Load Carries { get; set; }

    /// <summary>Whether a signal may take the continuation out and run it at once, if <see cref="CallbackTrampoline.HasRoom"/>.</summary>
    internal bool RunsAtOnce => (Carries & ~Load.Token) == Load.Inline;

    /// <summary>For whoever has the node to himself.</summary>
    /// <param name="continuation">What to run.</param>
    /// <param name="isInline">On the stack of whoever ends the wait, if there is room.</param>
    /// <param name="context">The SynchronizationContext or TaskScheduler to post to; null for none.</param>
    /// <param name="executionContext">What flows; null for nothing.</param>
    internal void SetContinuation(Action continuation, bool isInline, object? context, ExecutionContext? executionContext)
    {
        SetBareContinuation(continuation, isInline);
        if (executionContext is not null)
        {
            _executionContext = executionContext; // usually null over null: not worth the collector's write barrier
            Carries |= Load.Context;
        }

        if (context is not null)
        {
            _context = context;
            Carries |= Load.Context;
        }
    }

    /// <summary>As <see cref="SetContinuation(Action, bool, object, ExecutionContext)"/>, of one that flows nothing and is posted nowhere.</summary>
    internal void SetBareContinuation(Action continuation, bool isInline)
    {
        _continuation = continuation;
        Carries = isInline ? Load.Inline : Load.Nothing;
    }

    /// <inheritdoc cref="SetContinuation(Action, bool, object, ExecutionContext)"/>
    internal void SetContinuation(Action continuation, FencePlace place, ExecutionContext? executionContext)
    {
        place.TryGetTarget(out object? context);
        SetContinuation(continuation, place.IsInline, context, executionContext);
    }

    internal override void Deliver(ref FenceHandOff handOff) => Dispatch(ref handOff);

    internal override void DescribeWaits(Fence fence, List<FenceWait> waits) => waits.Add(FenceWait.Of(DescribeContinuation(), fence));

    /// <summary>Brings the continuation to its place. The node must not be touched afterwards: it may serve another await already.</summary>
    internal void Dispatch()
    {
        FenceHandOff handOff = default;
        Dispatch(ref handOff);
        handOff.Flush();
    }

    void IThreadPoolWorkItem.Execute()
    {
        FenceCallback? behind = Next;
        if (behind is not null)
        {
            // First the others, then our own: a continuation that blocks must not hold them up.
            Next = null;
            InterruptShield.Queue((FenceContinuationNode)behind, preferLocal: true);
        }

        RunGuarded();
    }

    /// <summary>
    /// Runs the continuation on a thread that is nobody's: of the pool, of a timer, of a canceler. What a continuation throws (one that was
    /// handed over by hand; an async method catches its own) must not end the process.
    /// </summary>
    private void RunGuarded()
    {
        FenceTimeline? timeline = Timeline; // before the continuation: the node may serve another wait afterwards
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

    protected override void OnSignaled(FenceStatus status, Exception? fault) => Dispatch();

    /// <inheritdoc cref="Dispatch()"/>
    protected void Dispatch(ref FenceHandOff handOff)
    {
        if (_context is not null)
        {
            handOff.Flush();
            Post(_context);
        }
        else if ((Carries & Load.Inline) != 0 && handOff.HasRoom)
        {
            handOff.Flush();
            RunGuarded();
        }
        else
        {
            handOff.Add(this);
        }
    }

    /// <summary>On the thread where the continuation belongs.</summary>
    protected virtual void RunContinuation()
    {
        Action continuation = TakeContinuation(out ExecutionContext? executionContext);
        Invoke(continuation, executionContext);
    }

    /// <summary>Takes the continuation out and leaves nothing behind that would keep anything alive.</summary>
    protected Action TakeContinuation(out ExecutionContext? executionContext)
    {
        HeldGates.CheckNone();
        executionContext = _executionContext;
        _executionContext = null;
        _context = null;
        return TakeBareContinuation();
    }

    /// <summary>As <see cref="TakeContinuation(out ExecutionContext)"/>, where there is no context.</summary>
    internal Action TakeBareContinuation()
    {
        Action continuation = _continuation!;
        Volatile.Write(ref _continuation, null);
        return continuation;
    }

    protected static void Invoke(Action continuation, ExecutionContext? executionContext)
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
            // A context that refuses (a closed window, say) must not leave the waiter hanging: say so, and go on on the thread pool.
            InterruptShield.Queue(this, preferLocal: true);
            if (timeline is not null)
            {
                FenceTimeline.ReportCallbackFault(this, timeline, TimelineState.PointOf(target), exception);
            }
        }
    }

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
}
