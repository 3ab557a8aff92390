// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// Readers on the CPU as one subscriber of an <see cref="InvalidationNotifier"/>: code that follows a pointer into the range does so inside
/// <c>using (gate.Enter())</c>, which costs a few nanoseconds (one in a loop: <see cref="GetReader"/>), and an invalidation of the range waits until all who might hold the old
/// pointer have left.
/// </summary>
/// <remarks>
/// <code>
/// using (gate.Enter(range))              // parks while the range is being invalidated
/// {
///     Segment segment = table[index];    // look the pointer up inside the scope,
///     return segment.Pointer[offset];    // and do not take it out of it
/// }
/// </code>
/// <para>Entering and leaving are two stores and four loads, without an interlocked operation: one process-wide barrier per session does
/// the ordering for all readers at once. The fence of the gate signals when the last reader that was inside has left; readers that
/// come later park until the session ends, if it touches their range, and go on at once if it does not. It is the user-space twin of a TLB shootdown that
/// runs while the devices do their part.</para>
/// <para>Inside a scope be short, and never wait for an invalidation of the gate's own range: it would wait for you. An invalidation waits
/// for all readers of the gate that are inside, of whatever range; readers that stay long belong to a gate of their own.
/// <see cref="CopyHoldouts"/> names those who do not leave.</para>
/// <para>A thread that would wait for itself gets an <see cref="InvalidOperationException"/>, whether the contract is checked or not: one that
/// enters inside a session of its own that closes the range, and one that waits for a session inside its own scope. The second is always
/// noticed, for a scope stays on its thread. A session may travel, so the first is noticed as long as the session has stayed: it was
/// scheduled by this thread, no other thread has used it, and none of its WaitAsync calls has had to wait. On a thread of the pool the task
/// or the SynchronizationContext must be the one of the schedule, too; inside <c>Invalidate</c>, a sweep and callbacks the thread is enough.
/// Leases, which may travel as well, are not noticed at all: give waits a budget, and check the contract (<see cref="FenceContract"/>).</para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed partial class ReaderGate : IDisposable
{
    private const InvalidationReason GoesAway = InvalidationReason.Unmap | InvalidationReason.Discard | InvalidationReason.Release;

    private readonly InvalidationNotifier _notifier;
    private readonly InvalidationLedger _ledger;
    private readonly ReaderRoster _roster;
    private readonly InvalidationSubscription _subscription;
    private readonly LastReader _lastReader;
    private readonly NewReaders _newReaders;
    private readonly InvalidationReason _reasons;
    private readonly long _number; // by which threads find their slot
    private int _disposed;

    /// <summary>Creates a gate and subscribes it.</summary>
    /// <param name="notifier">The owner of the memory.</param>
    /// <param name="range">What is read through the gate.</param>
    /// <param name="name">Its name in reports.</param>
    /// <param name="newReaders">What happens to readers that come while their range is being invalidated.</param>
    /// <param name="reasons">
    /// For which reasons readers are waited for, and held up; for others they go on reading. Those who only read may leave out
    /// <see cref="InvalidationReason.Protect"/>, when the owner only ever takes the right to write away.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty, or <paramref name="name"/> is null or empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="notifier"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="newReaders"/> is none of the named values, or <paramref name="reasons"/> leaves out one for which the memory goes away:
    /// Unmap, Discard or Release.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    public ReaderGate(InvalidationNotifier notifier, AddressRange range, string name, NewReaders newReaders = NewReaders.Park, InvalidationReason reasons = InvalidationReason.All)
    {
        ArgumentNullException.ThrowIfNull(notifier);
        AddressRange.IfEmpty(range);
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (newReaders is not (NewReaders.Park or NewReaders.Pass))
        {
            throw new ArgumentOutOfRangeException(nameof(newReaders), newReaders, "Neither parks nor passes.");
        }

        if ((reasons & ~InvalidationReason.All) != 0 || (reasons & GoesAway) != GoesAway)
        {
            throw new ArgumentOutOfRangeException(nameof(reasons), reasons, $"A gate has to know of {GoesAway}.");
        }

        Range = range;
        _newReaders = newReaders;
        _reasons = reasons;
        _notifier = notifier;
        _ledger = notifier.Ledger;
        _roster = new ReaderRoster(name, _ledger.Signals, notifier.Clock);
        _subscription = notifier.SubscribeReaders(range, _roster, name, new InvalidationSubscriptionOptions { Reasons = reasons });
        _number = _roster.Number;
        _lastReader = new LastReader(this);
    }

    /// <summary>The gate's name in reports.</summary>
    public string Name => _subscription.Name;

    /// <summary>What is read through the gate.</summary>
    public AddressRange Range { get; }

    /// <summary>Enters for the whole range of the gate; parks while any part of it is being invalidated.</summary>
    /// <returns>The scope; dispose it on this thread.</returns>
    /// <remarks>
    /// A few nanoseconds when no invalidation is under way, most of them to find out which thread this is; see <see cref="GetReader"/>. Scopes nest: an inner one never parks, unless the outer one came in past an
    /// invalidation of another range that is still open and touches the range of the inner one. Allocates the first time on a thread, otherwise nothing.
    /// </remarks>
    /// <exception cref="InvalidOperationException">It would park behind a session that this thread itself has scheduled; see the remarks of the type.</exception>
    /// <exception cref="ObjectDisposedException">The gate is disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReaderScope Enter()
    {
        ReaderSlot slot = OwnSlot;
        if (FenceContract.IsChecked || !slot.TryEnterQuickly())
        {
            EnterOrPark(slot);
        }

        return new ReaderScope(slot);
    }

    /// <summary>Enters for a part of the gate's range; parks while that part is being invalidated.</summary>
    /// <param name="range">What will be read; within <see cref="Range"/>.</param>
    /// <returns>The scope; dispose it on this thread.</returns>
    /// <remarks>As <see cref="Enter()"/>; invalidations of other ranges do not hold it up.</remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty or not within the gate.</exception>
    /// <exception cref="InvalidOperationException">It would park behind a session that this thread itself has scheduled; see the remarks of the type.</exception>
    /// <exception cref="ObjectDisposedException">The gate is disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReaderScope Enter(AddressRange range)
    {
        ReaderSlot slot = OwnSlot;
        Check(range);
        if (FenceContract.IsChecked || !slot.TryEnterQuickly())
        {
            EnterOrPark(slot, range);
        }

        return new ReaderScope(slot);
    }

    /// <summary>Enters, unless the range is being invalidated at this moment.</summary>
    /// <param name="range">What will be read; within <see cref="Range"/>.</param>
    /// <param name="scope">The scope; dispose it on this thread. Nothing when the result is false.</param>
    /// <returns>False when the range is being invalidated.</returns>
    /// <remarks>As <see cref="Enter()"/>, but never parks.</remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty or not within the gate.</exception>
    /// <exception cref="ObjectDisposedException">The gate is disposed.</exception>
    public bool TryEnter(AddressRange range, out ReaderScope scope) => TryEnter(range, TimeSpan.Zero, out scope, default);

    /// <summary>Enters; parks while the range is being invalidated, but not longer than a budget.</summary>
    /// <param name="range">What will be read; within <see cref="Range"/>.</param>
    /// <param name="budget">How long to park altogether; zero tries once; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="scope">The scope; dispose it on this thread. Nothing when the result is false.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when the time ran out.</returns>
    /// <remarks>As <see cref="Enter()"/>.</remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty or not within the gate.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="InvalidOperationException">It would park behind a session that this thread itself has scheduled; see the remarks of the type.</exception>
    /// <exception cref="ObjectDisposedException">The gate is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    public bool TryEnter(AddressRange range, TimeSpan budget, out ReaderScope scope, CancellationToken cancellationToken = default)
    {
        return TryEnter(OwnSlot, range, budget, out scope, cancellationToken);
    }

    /// <summary>The current thread as a reader, for loops that enter again and again.</summary>
    /// <returns>The reader; it is as good as the gate, and cheaper: about a nanosecond for entering and leaving.</returns>
    /// <remarks>Allocates the first time on a thread.</remarks>
    /// <exception cref="ObjectDisposedException">The gate is disposed.</exception>
    public GateReader GetReader()
    {
        ReaderSlot slot = OwnSlot;
        _roster.ThrowIfClosed(_roster.IsClosed && Volatile.Read(ref slot.Depth) == 0);
        return new GateReader(this, slot);
    }

    /// <summary>The slot of the current thread.</summary>
    private ReaderSlot OwnSlot
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            ReaderSlot? last = ReaderRoster.LastOfThread;
            return last is not null && last.Owner == _number ? last : FindSlot();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ReaderSlot FindSlot() => _roster.Find();

    internal bool TryEnter(
        ReaderSlot slot, AddressRange range, TimeSpan budget, out ReaderScope scope, CancellationToken cancellationToken)
    {
        Check(range);
        FenceThrow.IfNotATimeout(budget);
        bool entered = FenceContract.IsChecked
            ? EnterChecked(slot, range, budget, cancellationToken)
            : slot.TryEnterQuickly() || EnterSlowly(slot, range, budget, cancellationToken);
        scope = entered ? new ReaderScope(slot) : default;
        return entered;
    }

    /// <summary>Lists the readers that invalidations wait for, by name and since when.</summary>
    /// <param name="destination">Where to write; may be shorter than the list.</param>
    /// <returns>How many there are, written or not.</returns>
    /// <remarks>Never blocks for longer than a few instructions, never allocates.</remarks>
    public int CopyHoldouts(Span<ReaderHoldout> destination) => _roster.CopyHoldouts(destination);

    /// <summary>What it is called, what it covers, and who is waited for.</summary>
    /// <returns>A text for people.</returns>
    /// <remarks>Blocks for no longer than a few instructions; allocates.</remarks>
    public override string ToString()
    {
        Span<ReaderHoldout> first = new ReaderHoldout[1];
        int holdouts = CopyHoldouts(first);
        string state = _roster.IsClosed ? ", closed" : "";
        string waitedFor = holdouts switch
        {
            0 => "",
            1 => $", waited for: {first[0].Reader}",
            _ => $", waited for: {first[0].Reader} and {holdouts - 1} more",
        };
        return $"gate '{Name}' over {Range}{state}{waitedFor}";
    }

    /// <summary>
    /// Closes the gate: nobody enters any more. It stays subscribed until the last reader has left, so what is inside stays safe.
    /// </summary>
    /// <remarks>Does not wait for readers. A second call does nothing.</remarks>
    /// <exception cref="InvalidOperationException">Called from inside a callback of the notifier.</exception>
    public void Dispose()
    {
        if (_notifier.IsCalling)
        {
            throw new InvalidOperationException($"The gate '{Name}' cannot be disposed from inside a callback of its notifier.");
        }

        if (Interlocked.Exchange(ref _disposed, 1) == 0 && !_roster.Close().TryAddCallback(_lastReader))
        {
            Unsubscribe();
        }
    }

    private void Unsubscribe()
    {
        _subscription.Dispose();
        _roster.ReturnIndex();
    }

    /// <inheritdoc cref="EnterOrPark(ReaderSlot, AddressRange)"/>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal void EnterOrPark(ReaderSlot slot) => EnterOrPark(slot, Range);

    /// <summary>What remains of entering when <see cref="ReaderSlot.TryEnterQuickly"/> was not enough, or, checked, has not been called.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal void EnterOrPark(ReaderSlot slot, AddressRange range)
    {
        if (FenceContract.IsChecked)
        {
            EnterChecked(slot, range, Timeout.InfiniteTimeSpan, default);
        }
        else
        {
            EnterSlowly(slot, range, Timeout.InfiniteTimeSpan, default);
        }
    }

    /// <summary>The slot is announced, but somebody invalidates something, or it was announced before.</summary>
    internal bool EnterSlowly(ReaderSlot slot, AddressRange range, TimeSpan budget, CancellationToken cancellationToken)
    {
        WaitBudget left = default;
        while (!TryEnterAmongActive(slot, range, out Fence blocker))
        {
            if (budget == TimeSpan.Zero)
            {
                return false;
            }

            // A scope that is nested parks only behind what was open when the outer one came in: see TryEnterAmongActive.
            ThrowIfInsideOwnSession(range, Volatile.Read(ref slot.Depth) > 0 ? slot.EnteredAmong : ulong.MaxValue);
            left = left.IsStarted ? left : WaitBudget.Start(_notifier.Clock, budget);
            if (blocker.WaitUnchecked(left.Remaining, cancellationToken) == FenceStatus.Pending)
            {
                return false;
            }

            if (slot.TryEnterQuickly())
            {
                return true;
            }
        }

        return true;
    }

    /// <summary>Before a reader parks: the calling thread must not be the one that has to end what it would wait for.</summary>
    private void ThrowIfInsideOwnSession(AddressRange range, ulong upTo)
    {
        if (_ledger.FindHeldHere(range, upTo, _reasons) is { } session)
        {
            SelfWait.ThrowInsideSession($"Entering the gate '{Name}'", range, session);
        }
    }

    /// <summary>The slot is announced. Asks the ledger; takes the announcement back when the range is being invalidated.</summary>
    private bool TryEnterAmongActive(ReaderSlot slot, AddressRange range, out Fence blocker)
    {
        bool isNested = Volatile.Read(ref slot.Depth) > 1;
        if (!isNested && _roster.IsClosed)
        {
            slot.Leave();
            _roster.ThrowIfClosed(isClosed: true);
        }

        // Passing is safe because the owner has taken the old memory out of reach before the barrier: a reader whom the scan did not see
        // announced itself after it, and so looks for the memory after it.
        if (_newReaders == NewReaders.Pass || (isNested && Volatile.Read(ref _ledger.Signals.Active) == 0))
        {
            blocker = default;
            return true;
        }

        // A reader that is inside is waited for by all invalidations that began after it came in. Those that were open before are not its
        // concern, as long as they have nothing to do with what it reads.
        if (_ledger.TryEnter(range, isNested ? slot.EnteredAmong : ulong.MaxValue, _reasons, out ulong number, out blocker))
        {
            if (!isNested)
            {
                slot.EnteredAmong = number;
            }

            return true;
        }

        slot.Leave(); // a scan may have counted us in the meantime; then we signal like any other reader
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Check(AddressRange range)
    {
        if (range.IsEmpty || !Range.Contains(range))
        {
            ThrowNotWithin(range);
        }
    }

    private void ThrowNotWithin(AddressRange range)
    {
        AddressRange.IfEmpty(range);
        throw new ArgumentOutOfRangeException(nameof(range), range, $"The gate '{Name}' covers {Range} only.");
    }

    /// <summary>Unsubscribes when the last reader of a disposed gate has left; not on the reader's thread, which may be inside a callback.</summary>
    private sealed class LastReader(ReaderGate gate) : FenceCallback, IThreadPoolWorkItem
    {
        public void Execute() => gate.Unsubscribe();

        protected override void OnSignaled(FenceStatus status, Exception? fault) =>
            InterruptShield.Queue(this, preferLocal: false);
    }
}
