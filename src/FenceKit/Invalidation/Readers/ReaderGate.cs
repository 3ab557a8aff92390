// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// Protects CPU readers of a range as one subscriber of an <see cref="InvalidationNotifier"/>. Code that follows a pointer into the range
/// does so inside <c>using (gate.Enter())</c>, which costs a few nanoseconds (one in a loop: <see cref="GetReader"/>). An invalidation of
/// the range waits until all readers that might hold the old pointer have left.
/// </summary>
/// <remarks>
/// <code>
/// using (gate.Enter(range))              // parks while the range is being invalidated
/// {
///     Segment segment = table[index];    // look the pointer up inside the scope,
///     return segment.Pointer[offset];    // and do not take it out of it
/// }
/// </code>
/// <para>Entering and leaving take two stores and four loads, without an interlocked operation: one process-wide barrier per session orders
/// them for all readers at once. The fence of the gate signals when the last reader that was inside has left. Readers that come later park
/// until the session ends if it touches their range, and enter at once if it does not. This is the user-space counterpart of a TLB
/// shootdown that runs while the devices do their part.</para>
/// <para>Keep scopes short, and never wait inside one for an invalidation of the gate's own range: it would wait for you. An invalidation
/// waits for all readers of the gate that are inside, whatever range they read; readers that stay long belong in a gate of their own.
/// <see cref="CopyHoldouts"/> names the readers that do not leave.</para>
/// <para>A thread that would wait for itself gets an <see cref="InvalidOperationException"/>, whether the contract is checked or not. There
/// are two cases: a thread enters while its own session has closed the range, or it waits for a session inside its own scope. The second
/// case is always detected, because a scope stays on its thread. A session may change threads, so the first case is detected as long as the
/// session has stayed: this thread scheduled it, no other thread has used it, and none of its WaitAsync calls has had to wait. On a thread
/// of the pool, the current task or SynchronizationContext must also be that of the schedule; inside <c>Invalidate</c>, a sweep or a
/// callback the thread alone is enough. Leases may change threads too and are not detected at all: give waits a budget, and check the
/// contract (<see cref="FenceContract"/>).</para>
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
    private readonly long _number; // threads find their slot by this number
    private int _disposed;

    /// <summary>Creates a gate and subscribes it.</summary>
    /// <param name="notifier">The owner of the memory.</param>
    /// <param name="range">The range that is read through the gate. The range that is read through the gate.</param>
    /// <param name="name">Its name in reports.</param>
    /// <param name="newReaders">What happens to readers that enter while their range is being invalidated.</param>
    /// <param name="reasons">
    /// The reasons for which invalidations wait for readers and close the range to them; for other reasons readers continue. A gate whose
    /// users only read may leave out <see cref="InvalidationReason.Protect"/> when the owner only ever revokes the right to write.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty, or <paramref name="name"/> is null or empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="notifier"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="newReaders"/> is none of the named values, or <paramref name="reasons"/> leaves out a reason for which the memory
    /// goes away: Unmap, Discard or Release.
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

    /// <summary>The range that is read through the gate. The range that is read through the gate.</summary>
    public AddressRange Range { get; }

    /// <summary>Enters for the whole range of the gate; parks while any part of it is being invalidated.</summary>
    /// <returns>The scope; dispose it on this thread.</returns>
    /// <remarks>
    /// Takes a few nanoseconds when no invalidation is open, most of them for the thread-local lookup; see <see cref="GetReader"/>. Scopes
    /// nest. An inner scope parks only in one case: an invalidation that was already open when the outer scope entered touches the range of
    /// the inner one. Allocates on the first use by a thread, otherwise nothing.
    /// </remarks>
    /// <exception cref="InvalidOperationException">
    /// The call would wait for a session that this thread itself has scheduled; see the remarks of the type.
    /// </exception>
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
    /// <param name="range">The range that will be read; within <see cref="Range"/>.</param>
    /// <returns>The scope; dispose it on this thread.</returns>
    /// <remarks>Like <see cref="Enter()"/>, but invalidations of other ranges do not delay it.</remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty or not within the gate.</exception>
    /// <exception cref="InvalidOperationException">
    /// The call would wait for a session that this thread itself has scheduled; see the remarks of the type.
    /// </exception>
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
    /// <param name="range">The range that will be read; within <see cref="Range"/>.</param>
    /// <param name="scope">The scope; dispose it on this thread. <c>default</c> when the result is false.</param>
    /// <returns>False when the range is being invalidated.</returns>
    /// <remarks>Like <see cref="Enter()"/>, but never parks.</remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty or not within the gate.</exception>
    /// <exception cref="ObjectDisposedException">The gate is disposed.</exception>
    public bool TryEnter(AddressRange range, out ReaderScope scope) => TryEnter(range, TimeSpan.Zero, out scope, default);

    /// <summary>Enters; parks while the range is being invalidated, but not longer than a budget.</summary>
    /// <param name="range">The range that will be read; within <see cref="Range"/>.</param>
    /// <param name="budget">How long to park altogether; zero tries once; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="scope">The scope; dispose it on this thread. <c>default</c> when the result is false.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when the time ran out.</returns>
    /// <remarks>As <see cref="Enter()"/>.</remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty or not within the gate.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="InvalidOperationException">
    /// The call would wait for a session that this thread itself has scheduled; see the remarks of the type.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The gate is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    public bool TryEnter(AddressRange range, TimeSpan budget, out ReaderScope scope, CancellationToken cancellationToken = default)
    {
        return TryEnter(OwnSlot, range, budget, out scope, cancellationToken);
    }

    /// <summary>Returns the current thread as a reader, for loops that enter again and again.</summary>
    /// <returns>The reader. It does the same as the gate at less cost: about a nanosecond for entering and leaving.</returns>
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

    /// <summary>Lists the readers that invalidations wait for, with their names and times.</summary>
    /// <param name="destination">Where to write; may be shorter than the list.</param>
    /// <returns>How many there are, written or not.</returns>
    /// <remarks>Never blocks for longer than a few instructions, never allocates.</remarks>
    public int CopyHoldouts(Span<ReaderHoldout> destination) => _roster.CopyHoldouts(destination);

    /// <summary>Describes the gate for people: its name, its range and the readers that are waited for.</summary>
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
    /// Closes the gate to new readers. It stays subscribed until the last reader has left, so the readers inside stay protected.
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

    /// <summary>
    /// The slow path of entering: when <see cref="ReaderSlot.TryEnterQuickly"/> returned false or, with the contract checked, was not
    /// called.
    /// </summary>
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

    /// <summary>Enters a slot that is announced, when an invalidation is open or the scope is nested.</summary>
    internal bool EnterSlowly(ReaderSlot slot, AddressRange range, TimeSpan budget, CancellationToken cancellationToken)
    {
        WaitBudget left = default;
        while (!TryEnterAmongActive(slot, range, out Fence blocker))
        {
            if (budget == TimeSpan.Zero)
            {
                return false;
            }

            // A nested scope parks only for invalidations that were open when the outer one entered: see TryEnterAmongActive.
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

    /// <summary>Throws, before a reader parks, when the calling thread itself would have to end the session that it waits for.</summary>
    private void ThrowIfInsideOwnSession(AddressRange range, ulong upTo)
    {
        if (_ledger.FindHeldHere(range, upTo, _reasons) is { } session)
        {
            SelfWait.ThrowInsideSession($"Entering the gate '{Name}'", range, session);
        }
    }

    /// <summary>Asks the ledger for a slot that is announced; withdraws the announcement when the range is being invalidated.</summary>
    private bool TryEnterAmongActive(ReaderSlot slot, AddressRange range, out Fence blocker)
    {
        bool isNested = Volatile.Read(ref slot.Depth) > 1;
        if (!isNested && _roster.IsClosed)
        {
            slot.Leave();
            _roster.ThrowIfClosed(isClosed: true);
        }

        // Passing is safe because the owner has made the old memory unreachable before the barrier: a reader that the scan did not see
        // announced itself after the barrier, and so looks up the memory after it.
        if (_newReaders == NewReaders.Pass || (isNested && Volatile.Read(ref _ledger.Signals.Active) == 0))
        {
            blocker = default;
            return true;
        }

        // Invalidations that began after the reader entered wait for it. Those that were open before concern it only if they touch the
        // range that it reads.
        if (_ledger.TryEnter(range, isNested ? slot.EnteredAmong : ulong.MaxValue, _reasons, out ulong number, out blocker))
        {
            if (!isNested)
            {
                slot.EnteredAmong = number;
            }

            return true;
        }

        slot.Leave(); // a scan may have found this reader in the meantime; then it signals like any other reader
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
