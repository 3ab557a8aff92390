// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// Something to be run when a fence signals. The object itself is the list node: the caller makes it ahead of time and owns it, so
/// adding and removing never allocates. As dma_fence_cb, but it can be used again, and it runs outside every internal lock.
/// </summary>
/// <remarks>
/// A callback waits for at most one fence at a time. It may be added again as soon as it was removed or has finished, and its own
/// <see cref="OnSignaled"/> may add it again to another fence as the last thing it does: that is how a driver chains steps.
/// </remarks>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public abstract class FenceCallback
{
    // One word: the generation above, the phase in the low bits. The generation tells a finished round from the next one, because a
    // callback may be added again before the signaler that runs it has returned.
    //
    //   Idle ──► Arming ──► Queued ──► Detached ──► Running ──► Finished
    //    ▲          │          │                       │            │
    //    └──────────┴──────────┘ (refused, removed)    └──► Arming ◄┘  (added again)
    //
    //   Idle, Finished, Running → Arming   the adder, by CAS; it owns the node until Queued
    //   Arming → Queued, or back           the adder, under the gate of the timeline
    //   Queued → Idle                      the remover, under the gate
    //   Queued → Detached                  the signaler, under the gate; the outcome is written first
    //   Detached → Running                 the signaler, alone
    //   Running → Finished                 the signaler, by CAS: fails when the callback was added again
    private long _word;

    private const long PhaseMask = 7;
    private const long Generation = 8;
    private const long Idle = 0;
    private const long Arming = 1;
    private const long Queued = 2;
    private const long Detached = 3;
    private const long Running = 4;
    private const long Finished = 5;

    /// <summary>Guarded by the gate of <see cref="Timeline"/> while queued; the signaler's own while detached.</summary>
    internal FenceCallback? Next;

    /// <summary>Guarded by the gate of <see cref="Timeline"/>.</summary>
    internal FenceCallback? Previous;

    /// <summary>The timeline of the fence that was last waited for.</summary>
    internal FenceTimeline? Timeline;

    /// <summary>The point waited for, as <see cref="TimelineState.TargetOf"/>.</summary>
    internal ulong Target;

    /// <summary>The outcome, written before the phase becomes Detached, so that it can be read without waiting for the callback to run.</summary>
    internal FenceStatus DeliveredStatus;

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

    /// <summary>The word as it is now; a later <see cref="IsStillQueued"/> with it tells whether the same round is still waiting.</summary>
    internal long Word => Volatile.Read(ref _word);

    internal static bool IsQueuedWord(long word) => (word & PhaseMask) == Queued;

    internal bool IsStillQueued(long word) => word == Volatile.Read(ref _word) && IsQueuedWord(word);

    /// <summary>Claims the node for one add. Throws when it is already waiting for a fence.</summary>
    /// <returns>The word to give back to <see cref="CancelArming"/>.</returns>
    internal long BeginArming()
    {
        long word = Volatile.Read(ref _word);
        while (true)
        {
            if ((word & PhaseMask) is Arming or Queued or Detached)
            {
                FenceThrow.CallbackBusy();
            }

            long armed = ((word & ~PhaseMask) + Generation) | Arming;
            long seen = Interlocked.CompareExchange(ref _word, armed, word);
            if (seen == word)
            {
                return word;
            }

            word = seen;
        }
    }

    /// <summary>The fence had signaled: the node is as it was before <see cref="BeginArming"/>.</summary>
    internal void CancelArming(long before) => Volatile.Write(ref _word, before);

    internal void MarkQueued() => SetPhase(Queued);

    internal void MarkRemoved() => SetPhase(Idle);

    internal void MarkDetached(FenceStatus status, Exception? error)
    {
        DeliveredStatus = status;
        DeliveredError = error;
        SetPhase(Detached); // a release: pairs with the acquire of Word in WasDetached
    }

    /// <summary>True once the outcome is fixed: <see cref="DeliveredStatus"/> and <see cref="DeliveredError"/> may be read.</summary>
    internal bool WasDetached => (Volatile.Read(ref _word) & PhaseMask) is Detached or Running or Finished;

    /// <summary>What to answer a remover that did not find the node in the list.</summary>
    internal FenceCallbackRemoval DescribeAbsence() => (Volatile.Read(ref _word) & PhaseMask) switch
    {
        Detached or Running => FenceCallbackRemoval.Running,
        Finished => FenceCallbackRemoval.Finished,
        _ => FenceCallbackRemoval.NotAdded,
    };

    /// <summary>
    /// Brings the outcome to its receiver. Nodes of our own may put a continuation on the chain; before any other code runs, what is on
    /// the chain goes out.
    /// </summary>
    internal virtual void Deliver(ref FenceHandOff handOff)
    {
        handOff.Flush();
        OnSignaled(DeliveredStatus, DeliveredError);
    }

    /// <summary>Says who waits here, for people. Nodes of our own name whom they stand for.</summary>
    internal virtual void DescribeWaits(Fence fence, List<FenceWait> waits) => waits.Add(FenceWait.Of($"callback {GetType().Name}", fence));

    /// <summary>Runs the callback. Only the signaler that detached the node calls this, outside the gate.</summary>
    internal void Run(ref FenceHandOff handOff)
    {
        FenceTimeline timeline = Timeline!;
        ulong target = Target;
        long running = (_word & ~PhaseMask) | Running;
        Volatile.Write(ref _word, running);
        try
        {
            Deliver(ref handOff);
        }
        catch (Exception exception)
        {
            FenceTimeline.ReportCallbackFault(this, timeline, TimelineState.PointOf(target), exception);
        }

        // Fails when the callback was added again meanwhile (by itself, or by the owner of a recycled node): then the next round owns it.
        if (Interlocked.CompareExchange(ref _word, (running & ~PhaseMask) | Finished, running) != running)
        {
            FinishAfterArming(running);
        }
    }

    /// <summary>
    /// Somebody is adding the callback just now. If that is refused it puts our own word back, and it is still on us to say Finished.
    /// </summary>
    private void FinishAfterArming(long running)
    {
        SpinWait spin = default;
        long word = Volatile.Read(ref _word);
        while (word == running || word == (((running & ~PhaseMask) + Generation) | Arming))
        {
            if (word == running)
            {
                Interlocked.CompareExchange(ref _word, (running & ~PhaseMask) | Finished, running);
            }
            else
            {
                spin.SpinOnce(sleep1Threshold: -1); // the adder has only the gate of a timeline before it
            }

            word = Volatile.Read(ref _word);
        }
    }

    private void SetPhase(long phase) => Volatile.Write(ref _word, (_word & ~PhaseMask) | phase);

    private string DebuggerDisplay => (_word & PhaseMask) switch
    {
        Idle => $"{GetType().Name}: idle",
        Arming => $"{GetType().Name}: being added",
        Queued => $"{GetType().Name}: waits for {Timeline?.Name}:{TimelineState.PointOf(Target)}",
        Detached => $"{GetType().Name}: about to run ({DeliveredStatus})",
        Running => $"{GetType().Name}: running ({DeliveredStatus})",
        _ => $"{GetType().Name}: finished ({DeliveredStatus})",
    };
}
