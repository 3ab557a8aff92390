// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

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
    // One word: the generation above, the phase in the low bits. The generation tells a finished round from the next one, because a
    // callback may be added again before the signaler that runs it has returned.
    //
    //   Idle ──► Queued ──► Detached ──► Running ──► (Finished)
    //    ▲         │ ▲                      │            │
    //    └─────────┘ └──── added again ─────┴────────────┘
    //   (removed)
    //
    //   Idle, Running, Finished → Queued   the adder, under the gate of the timeline that the node belongs to (see Timeline)
    //   Queued → Idle                      the remover, under the gate
    //   Queued → Detached                  the signaler, under the gate; the outcome is written first
    //   Detached → Running                 the signaler, alone: while Detached nobody else writes the word
    //   Queued → Running                   the signaler of a list of one, under the gate: it will run next, so nobody need know Detached
    //   Running → Finished                 the signaler, in one of two ways:
    //
    // By a plain store, the usual way: _finished takes the word, which stays. A store cannot lose against an adder, because it
    // goes to a field of its own; and not against another signaler, because there is at most one such round whose end is outstanding:
    // the adder makes a round of this kind only when the last one has ended (_finished has its generation). Otherwise, when a callback adds
    // itself again from inside, or somebody does while it still runs, the new round is Overlapped: its end is a CAS on the word, which
    // fails when the word has gone on.
    private long _word;
    private long _finished;  // the word as the last plain round left it; by the signaler of that round, or by who removes the node
    private long _lastPlain; // under the gate, and only for a word that is Overlapped: the plain round that was outstanding then

    private const long PhaseMask = 7;
    private const long Overlapped = 8;
    private const long Private = 16; // for ever
    private const long Generation = 32;
    private const long GenerationMask = -Generation;
    private const long Idle = 0;
    private const long Running = 1;
    private const long Finished = 2;
    private const long Busy = 4; // a bit of the two in which nobody else may add it
    private const long Queued = Busy | 0;
    private const long Detached = Busy | 1;

    /// <summary>Makes a callback that waits for nothing yet.</summary>
    protected FenceCallback()
    {
    }

    private protected FenceCallback(bool isPrivate) => _word = isPrivate ? Private : 0;

    /// <summary>
    /// Whose node this is: of FenceKit itself, added by one party at a time that knows that it is free, and never asked whether it has
    /// finished. It may serve another wait before the signaler that ran it returns, so that signaler does not look at it again.
    /// </summary>
    internal bool IsPrivate => IsPrivateWord(_word); // a bit that never changes

    /// <summary>Guarded by the gate of <see cref="Timeline"/> while queued; the signaler's own while detached.</summary>
    internal FenceCallback? Next;

    /// <summary>Guarded by the gate of <see cref="Timeline"/>.</summary>
    internal FenceCallback? Previous;

    /// <summary>
    /// The timeline that the node belongs to: that of the fence that was last waited for. Its gate guards this field and the word, so two
    /// timelines never have the node in their lists at once. Null until the first add, which takes it by CAS. Of a private node that is in no
    /// list its owner's to write.
    /// </summary>
    internal FenceTimeline? Timeline;

    /// <summary>The point waited for, as <see cref="TimelineState.TargetOf"/>.</summary>
    internal ulong Target;

    /// <summary>Where it stands among those of its point in the timeline's <see cref="WaiterTree"/>; 0 where it is not in the tree. Guarded as the links.</summary>
    internal int TreeOrder;

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

    /// <summary>As <see cref="Word"/>, where nobody else writes it: of a node in the list, under the gate; of a private one that is free.</summary>
    internal long PlainWord => _word;

    internal static bool IsQueuedWord(long word) => (word & PhaseMask) == Queued;

    internal bool IsStillQueued(long word) => word == Volatile.Read(ref _word) && IsQueuedWord(word);

    /// <summary>Of a private node: nobody waits with it.</summary>
    internal bool IsFree => IsFreeWord(Volatile.Read(ref _word));

    internal static bool IsFreeWord(long word) => (word & PhaseMask) == Idle;

    /// <summary>Waits for a fence, or is about to run.</summary>
    internal static bool IsBusyWord(long word) => (word & Busy) != 0;

    /// <summary>
    /// Under the gate: whether its last round has ended and was a plain one, the usual case of somebody else's callback. An acquire: pairs
    /// with the store in <see cref="End"/>, so what the callback did in that round is done.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsAtRest(long word) => Volatile.Read(ref _finished) == word; // which is never that of a busy, an overlapped or a private one

    /// <summary>As <see cref="MarkQueued"/>, of a node that <see cref="IsAtRest"/>, or of a private one that <see cref="IsFree"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void MarkQueuedFromRest(long word) => Volatile.Write(ref _word, (word & ~PhaseMask) + (Generation | Queued));

    /// <summary>Under the gate, not busy: begins a round.</summary>
    /// <param name="word">The word as it is.</param>
    /// <returns>The word of the round while it waits; never 0.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal long MarkQueued(long word)
    {
        long plain = (word & Overlapped) == 0 ? word & GenerationMask : _lastPlain;
        long round = (word & GenerationMask) + Generation;
        bool isPrivate = (word & Private) != 0;
        word = round | Queued | (word & Private);

        // An acquire: pairs with the store in End. What the callback did in the round before is done. Of a private node nobody says so.
        if (!isPrivate && (Volatile.Read(ref _finished) & GenerationMask) != plain)
        {
            word |= Overlapped;
            _lastPlain = plain;
        }

        Volatile.Write(ref _word, word);
        return word;
    }

    /// <summary>Under the gate: a private node waits that nobody asks about by its round.</summary>
    internal void MarkQueuedAlone()
    {
        Debug.Assert(IsPrivate && !IsBusyWord(_word), "The node is free.");
        SetPhase(Queued);
    }

    /// <summary>Under the gate.</summary>
    internal void MarkRemoved()
    {
        if ((_word & Overlapped) == 0)
        {
            // Nobody else will end the round; and nobody else writes here, since it began when no other plain one was outstanding.
            Volatile.Write(ref _finished, _word & GenerationMask); // the word as it is about to be
        }

        SetPhase(Idle);
    }

    /// <summary>
    /// Of a private node: it was removed, or its continuation was taken out, and another may use it. By the signaler or the remover under the
    /// gate, or by whoever runs the continuation; the next adder reads it under the gate.
    /// </summary>
    internal void MarkFree() => SetPhase(Idle);

    /// <summary>Under the gate: whoever reads the outcome has seen the word that leaves the gate, or taken it since.</summary>
    internal void MarkDetached(FenceStatus status, Exception? error)
    {
        SetOutcome(status, error);
        SetPhase(Detached);
    }

    /// <summary>Of a round that ends by a plain store: neither overlapped nor of a private node.</summary>
    internal static bool IsPlainWord(long word) => (word & (Overlapped | Private)) == 0;

    internal static bool IsPrivateWord(long word) => (word & Private) != 0;

    /// <summary>
    /// As <see cref="MarkDetached"/> and the beginning of <see cref="Run(ref FenceHandOff)"/> in one, for the only callback of a signal; without
    /// the outcome, which only private nodes are asked for.
    /// </summary>
    /// <param name="word">The word as it is: queued.</param>
    /// <returns>The word while it runs, for <see cref="End"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal long MarkRunning(long word)
    {
        long running = word + (Running - Queued);
        Volatile.Write(ref _word, running);
        return running;
    }

    /// <inheritdoc cref="MarkRunning(long)"/>
    internal void MarkRunning(FenceStatus status)
    {
        SetOutcome(status, error: null);
        MarkRunning(_word);
    }

    /// <summary>What to answer a remover that did not find the node in the list.</summary>
    internal FenceCallbackRemoval DescribeAbsence()
    {
        long word = Volatile.Read(ref _word);
        return (word & PhaseMask) switch
        {
            Running when HasEnded(word) => FenceCallbackRemoval.Finished,
            Detached or Running => FenceCallbackRemoval.Running,
            Finished => FenceCallbackRemoval.Finished,
            _ => FenceCallbackRemoval.NotAdded,
        };
    }

    /// <summary>
    /// Brings the outcome of a private node to its receiver. Nodes may put a continuation on the chain; before any other code runs, what
    /// is on the chain goes out.
    /// </summary>
    internal virtual void Deliver(ref FenceHandOff handOff)
    {
        handOff.Flush();
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

    /// <summary>Runs the callback. Only the signaler that detached the node calls this, outside the gate.</summary>
    internal void Run(ref FenceHandOff handOff)
    {
        // All of it before the store: an adder that sees Running may change what is read here, and its signaler may write the next outcome.
        FenceTimeline timeline = Timeline!; // while detached the node belongs to the one that was signaled
        ulong target = Target;
        FenceStatus status = DeliveredStatus;
        Exception? error = DeliveredError;
        long running = (_word & ~PhaseMask) | Running;
        bool isPrivate = IsPrivate;
        Volatile.Write(ref _word, running);
        HeldGates.CheckNone();
        try
        {
            if (isPrivate)
            {
                Deliver(ref handOff);
                return; // it may serve somebody else by now
            }

            handOff.Flush();
            OnSignaled(status, error);
        }
        catch (Exception exception)
        {
            FenceTimeline.ReportCallbackFault(this, timeline, TimelineState.PointOf(target), exception);
            if (isPrivate)
            {
                return;
            }
        }

        End(running);
    }

    /// <summary>
    /// Runs the only callback of a signal without an error, outside the gate, and <see cref="End"/>s the round.
    /// </summary>
    /// <param name="timeline">That of the signal.</param>
    /// <param name="target">What the callback waited for. Its own fields may have gone on: it is Running, and free to be added again.</param>
    /// <param name="running">As <see cref="MarkRunning(long)"/> returned it.</param>
    internal void RunAlone(FenceTimeline timeline, ulong target, long running)
    {
        HeldGates.CheckNone();
        try
        {
            CallOnSignaled();
        }
        catch (Exception exception)
        {
            FenceTimeline.ReportCallbackFault(this, timeline, TimelineState.PointOf(target), exception);
        }

        End(running);
    }

    /// <summary>As <see cref="RunAlone"/>, of a private node.</summary>
    internal void DeliverAlone(FenceTimeline timeline, ulong target)
    {
        FenceHandOff handOff = default;
        HeldGates.CheckNone();
        try
        {
            Deliver(ref handOff);
        }
        catch (Exception exception)
        {
            FenceTimeline.ReportCallbackFault(this, timeline, TimelineState.PointOf(target), exception);
        }

        handOff.Flush();
    }

    /// <summary>The user's code, for a fence that signaled without an error.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void CallOnSignaled() => OnSignaled(FenceStatus.Signaled, fault: null);

    /// <summary>The callback is over.</summary>
    /// <param name="running">As <see cref="MarkRunning(long)"/> returned it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void End(long running)
    {
        if ((running & Overlapped) == 0)
        {
            EndPlain(running);
        }
        else
        {
            // Fails when the callback was added again meanwhile: then the next round owns the word.
            Interlocked.CompareExchange(ref _word, (running & ~PhaseMask) | Finished, running);
        }
    }

    /// <summary>As <see cref="End"/>, of a round that is not overlapped.</summary>
    /// <param name="running">As <see cref="MarkRunning(long)"/> returned it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void EndPlain(long running) =>
        Volatile.Write(ref _finished, running); // a release: pairs with IsAtRest, MarkQueued and DescribeAbsence

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetOutcome(FenceStatus status, Exception? error)
    {
        DeliveredStatus = status;
        if (!ReferenceEquals(DeliveredError, error))
        {
            DeliveredError = error; // the usual null over null is not worth the collector's write barrier
        }
    }

    /// <summary>Or a later round has: then this one has for certain.</summary>
    private bool HasEnded(long word) => (word & Overlapped) == 0 && Volatile.Read(ref _finished) >= (word & GenerationMask);

    private void SetPhase(long phase) => Volatile.Write(ref _word, (_word & ~PhaseMask) | phase);

    private string DebuggerDisplay => (_word & PhaseMask) switch
    {
        Idle => $"{GetType().Name}: idle",
        Queued => $"{GetType().Name}: waits for {Timeline?.Name}:{TimelineState.PointOf(Target)}",
        Detached => $"{GetType().Name}: about to run ({Outcome})",
        Running when !HasEnded(_word) => $"{GetType().Name}: running ({Outcome})",
        _ => $"{GetType().Name}: finished ({Outcome})",
    };

    private FenceStatus Outcome => Timeline?.GetOutcome(Target, out _) ?? FenceStatus.Pending;
}
