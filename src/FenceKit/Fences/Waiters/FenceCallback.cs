// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// A callback that runs when a fence signals. The object itself is the list node: the caller preallocates and owns it, so adding and removing
/// never allocates. Like the kernel's dma_fence_cb, but it can be reused, and it runs outside all internal locks.
/// </summary>
/// <remarks>
/// <para>A callback waits for at most one fence at a time. It may be added again when it was removed or has finished. Its own
/// <see cref="OnSignaled"/> may also add it to another fence, as its last action; so a driver can chain steps.</para>
/// <para>A timeline refers only to callbacks that are waiting for it. A callback refers to the timeline that it waited for last, until it is
/// added to another one.</para>
/// </remarks>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public abstract class FenceCallback
{
    /// <summary>The state of the present or last round of the node.</summary>
    internal CallbackState State;

    /// <summary>Creates a callback that does not wait for a fence yet.</summary>
    protected FenceCallback()
    {
    }

    private protected FenceCallback(bool isInternal) => State = new CallbackState(isInternal);

    /// <summary>
    /// Whether this is a node of FenceKit itself. Such a node is added only by a thread that knows that it is free, and never asked whether
    /// it has finished. It may serve another wait before the signaler that runs it returns, so the signaler must not access it after
    /// delivery.
    /// </summary>
    internal bool IsInternal => State.IsInternal;

    /// <summary>Guarded by the lock bit of <see cref="Timeline"/> while queued; used only by the signaler while detached.</summary>
    internal FenceCallback? Next;

    /// <summary>The second branch of the <see cref="WaiterHeap"/> behind this node. Guarded by the lock bit of <see cref="Timeline"/>.</summary>
    internal FenceCallback? SecondNext;

    /// <summary>Guarded by the lock bit of <see cref="Timeline"/>.</summary>
    internal FenceCallback? Previous;

    /// <summary>
    /// The timeline that the node belongs to, which is that of the fence it waits for, or waited for last. The timeline's lock bit guards
    /// this field and the state, so the node is never in the lists of two timelines. Null until the first add, which sets it by CAS. While an
    /// internal node is not queued, its owner writes this field.
    /// </summary>
    internal FenceTimeline? Timeline;

    /// <summary>The target of the point that the node waits for; see <see cref="TimelineState.TargetOf"/>.</summary>
    internal ulong Target;

    /// <summary>The order of arrival among nodes of the same point in the <see cref="WaiterHeap"/>. Guarded like the links.</summary>
    internal int Order;

    /// <summary>The rank of <see cref="Next"/> in the heap; 0 if that is null. Guarded like the links.</summary>
    internal byte NextRank;

    /// <summary>The rank of <see cref="SecondNext"/>, never higher than <see cref="NextRank"/>. Guarded like the links.</summary>
    internal byte SecondRank;

    private byte _deliveredStatus; // a byte, so that it shares a word with the ranks

    /// <summary>The outcome. Written before the phase becomes Detached, so that it can be read before the callback has run.</summary>
    internal FenceStatus DeliveredStatus
    {
        get => (FenceStatus)_deliveredStatus;
        set => _deliveredStatus = (byte)value;
    }

    /// <inheritdoc cref="DeliveredStatus"/>
    internal Exception? DeliveredError;

    /// <summary>Called exactly once for every successful add, unless the callback is removed before.</summary>
    /// <param name="status">
    /// The outcome of the fence: <see cref="FenceStatus.Signaled"/> or <see cref="FenceStatus.Faulted"/>, or
    /// <see cref="FenceStatus.Retired"/> for a <see cref="FenceArray"/> over a fence whose outcome is no longer known.
    /// </param>
    /// <param name="fault">The error that the fence was signaled with, or null.</param>
    /// <remarks>
    /// Runs on the signaler's thread, outside all internal locks, when the fence already reads as complete. It must be short and must not
    /// block, since other callbacks have to wait for it. An exception neither reaches the signaler nor stops other callbacks; it is reported
    /// by <see cref="FenceTimeline.CallbackFaulted"/>.
    /// </remarks>
    protected abstract void OnSignaled(FenceStatus status, Exception? fault);

    /// <summary>Sets the outcome of a node that was taken out of the list. Under the lock bit.</summary>
    internal void Detach(FenceStatus status, Exception? error)
    {
        DeliveredStatus = status;
        if (!ReferenceEquals(DeliveredError, error))
        {
            DeliveredError = error; // not stored if unchanged, which saves the GC write barrier
        }

        State.Detach();
    }

    /// <summary>
    /// Delivers the outcome of an internal node. An override either adds its continuation to the batch, or flushes the batch before it runs
    /// other code.
    /// </summary>
    internal virtual void Deliver(ref ContinuationBatch continuations)
    {
        continuations.Flush();
        OnSignaled(DeliveredStatus, DeliveredError);
    }

    /// <summary>Describes the waiter of this node. Internal nodes describe the thread or method that they wait for.</summary>
    internal virtual void DescribeWaits(Fence fence, List<FenceWait> waits) => waits.Add(FenceWait.Of($"callback {GetType().Name}", fence));

    /// <summary>
    /// Clears the references to the last timeline and error, for an internal callback that outlives them. The callback must not be queued,
    /// and only the caller may add it.
    /// </summary>
    internal void Forget()
    {
        Timeline = null;
        DeliveredError = null;
    }

    /// <summary>Runs the callback. Called only by the signaler that detached the node, under no lock.</summary>
    internal void Run(ref ContinuationBatch continuations)
    {
        // Read before the phase becomes Running: from then on an adder may change these fields, and the next signaler may write the next
        // outcome.
        FenceTimeline timeline = Timeline!; // a detached node belongs to the signaled timeline
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
                return; // the node may serve another wait by now
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
