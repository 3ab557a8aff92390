// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// Something to be run when a fence signals. The object itself is the list node: the caller makes it ahead of time and owns it, so
/// adding and removing never allocates. As dma_fence_cb, but it can be used again, and it runs outside every internal lock.
/// </summary>
/// <remarks>
/// <para>A callback waits for at most one fence at a time. It may be added again as soon as it was removed or has finished, and its own
/// <see cref="OnSignaled"/> may add it again to another fence as the last thing it does: that is how a driver chains steps.</para>
/// <para>A timeline refers to the callbacks that wait for it, and to no others. A callback refers to the timeline that it waited for last, until
/// it is added elsewhere.</para>
/// </remarks>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public abstract class FenceCallback
{
    /// <summary>What has become of the round that the node waits in, or waited in last. Its rules are its own.</summary>
    internal CallbackState State;

    /// <summary>Makes a callback that waits for nothing yet.</summary>
    protected FenceCallback()
    {
    }

    private protected FenceCallback(bool isInternal) => State = new CallbackState(isInternal);

    /// <summary>
    /// Whose node this is: of FenceKit itself, added by one party at a time that knows that it is free, and never asked whether it has
    /// finished. It may serve another wait before the signaler that ran it returns, so that signaler does not look at it again.
    /// </summary>
    internal bool IsInternal => State.IsInternal;

    /// <summary>Guarded by the lock bit of <see cref="Timeline"/> while queued; the signaler's own while detached.</summary>
    internal FenceCallback? Next;

    /// <summary>The second branch of the <see cref="WaiterHeap"/> behind this node. Guarded by the lock bit of <see cref="Timeline"/>.</summary>
    internal FenceCallback? SecondNext;

    /// <summary>Guarded by the lock bit of <see cref="Timeline"/>.</summary>
    internal FenceCallback? Previous;

    /// <summary>
    /// The timeline that the node belongs to: that of the fence that was last waited for. Its lock bit guards this field and the state, so two
    /// timelines never have the node in their lists at once. Null until the first add, which takes it by CAS. While an internal node is in no
    /// list, its owner writes this.
    /// </summary>
    internal FenceTimeline? Timeline;

    /// <summary>The point waited for, as <see cref="TimelineState.TargetOf"/>.</summary>
    internal ulong Target;

    /// <summary>Where it stands among those of its point in the <see cref="WaiterHeap"/>. Guarded as the links.</summary>
    internal int Order;

    /// <summary>The rank of <see cref="Next"/> in the heap; 0 where there is nobody. Guarded as the links.</summary>
    internal byte NextRank;

    /// <summary>The rank of <see cref="SecondNext"/>, never the higher one. Guarded as the links.</summary>
    internal byte SecondRank;

    private byte _deliveredStatus; // a byte, beside the ranks: so those need no room

    /// <summary>The outcome, written before the phase becomes Detached, so that it can be read without waiting for the callback to run.</summary>
    internal FenceStatus DeliveredStatus
    {
        get => (FenceStatus)_deliveredStatus;
        set => _deliveredStatus = (byte)value;
    }

    /// <inheritdoc cref="DeliveredStatus"/>
    internal Exception? DeliveredError;

    /// <summary>Called exactly once for every successful add, unless removed before.</summary>
    /// <param name="status">
    /// <see cref="FenceStatus.Signaled"/> or <see cref="FenceStatus.Faulted"/>: the outcome of the fence. Of a <see cref="FenceArray"/>
    /// over a fence whose outcome was forgotten: <see cref="FenceStatus.Retired"/>.
    /// </param>
    /// <param name="fault">The error that the fence was signaled with, or null.</param>
    /// <remarks>
    /// Runs on the signaler's thread, outside every internal lock, after the fence reads signaled. It must be short and must not block:
    /// others wait behind it. An exception does not reach the signaler nor stop other callbacks; it is reported through
    /// <see cref="FenceTimeline.CallbackFaulted"/>.
    /// </remarks>
    protected abstract void OnSignaled(FenceStatus status, Exception? fault);

    /// <summary>Under the lock bit: the node is out of the list, and this is its outcome.</summary>
    internal void Detach(FenceStatus status, Exception? error)
    {
        DeliveredStatus = status;
        if (!ReferenceEquals(DeliveredError, error))
        {
            DeliveredError = error; // the usual null over null is not worth the collector's write barrier
        }

        State.Detach();
    }

    /// <summary>
    /// Brings the outcome of an internal node to its receiver. Nodes may put a continuation on the chain; before any other code runs, what
    /// is on the chain goes out.
    /// </summary>
    internal virtual void Deliver(ref ContinuationBatch continuations)
    {
        continuations.Flush();
        OnSignaled(DeliveredStatus, DeliveredError);
    }

    /// <summary>Says who waits here, for people. Nodes of our own name whom they stand for.</summary>
    internal virtual void DescribeWaits(Fence fence, List<FenceWait> waits) => waits.Add(FenceWait.Of($"callback {GetType().Name}", fence));

    /// <summary>
    /// For a callback of FenceKit's own that outlives what it waited for: it refers to nothing of that any more. Only while it is in no list, and
    /// nobody but the caller may add it.
    /// </summary>
    internal void Forget()
    {
        Timeline = null;
        DeliveredError = null;
    }

    /// <summary>Runs the callback. Only the signaler that detached the node calls this, under no lock.</summary>
    internal void Run(ref ContinuationBatch continuations)
    {
        // All of it before the node runs: an adder that sees Running may change what is read here, and its signaler may write the next outcome.
        FenceTimeline timeline = Timeline!; // while detached the node belongs to the one that was signaled
        ulong target = Target;
        FenceStatus status = DeliveredStatus;
        Exception? error = DeliveredError;
        bool isInternal = IsInternal;
        long running = State.Run();
        HeldLocks.CheckNone();
        try
        {
            if (isInternal)
            {
                Deliver(ref continuations);
                return; // it may serve somebody else by now
            }

            continuations.Flush();
            OnSignaled(status, error);
        }
        catch (Exception exception)
        {
            FenceTimeline.ReportCallbackFault(this, timeline, TimelineState.PointOf(target), exception);
            if (isInternal)
            {
                return;
            }
        }

        State.End(running);
    }

    private string DebuggerDisplay => State.IsQueued
        ? $"{GetType().Name}: waits for {Timeline?.Name}:{TimelineState.PointOf(Target)}"
        : $"{GetType().Name}: {State}{(Outcome == FenceStatus.Pending ? "" : $" ({Outcome})")}";

    private FenceStatus Outcome => Timeline?.GetOutcome(Target, out _) ?? FenceStatus.Pending;
}
