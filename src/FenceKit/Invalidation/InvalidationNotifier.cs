// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>
/// Tells everybody who uses a range of memory (or of anything with 64-bit numbers) that it is about to go away, in three phases:
/// schedule, unmap, wait. The owner of the memory has one notifier; devices, caches and readers subscribe to it.
/// </summary>
/// <remarks>
/// <para><b>A. Schedule</b>: <see cref="TrySchedule(AddressRange, InvalidationReason, out InvalidationSession, string, int)"/> calls every
/// subscriber of the range; each starts to let go and returns a fence. Nobody waits. <b>B. Unmap</b>: meanwhile the owner does its own
/// work. <b>C. Wait</b>: once, for all, with a budget; then commit or back off. Sequential notification takes the sum of all latencies;
/// this takes only the longest of them.</para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time. Sessions over the same range may be open at the same
/// time; they complete in the order of their schedules, and only one of them frees the memory (see
/// <see cref="InvalidationSession"/>).</para>
/// </remarks>
[DebuggerDisplay("{Name,nq}: {ActiveSessions} active")]
public sealed partial class InvalidationNotifier : IDisposable, IInvalidationRegistry
{
    private readonly InvalidationLedger _ledger;
    private readonly InvalidationCounters _counters = new();
    private readonly RegistryMembership _membership; // dies with the notifier
    private readonly TimeProvider _clock;
    private readonly bool _faultsCountAsDone;
    private readonly SessionPool _sessions;
    private IntervalIndex<InvalidationSubscription>? _index; // written under all locks of the ledger; the tree itself never changes
    private ulong _subscriptionNumber; // under all locks
    private int _subscriptionCount;    // under all locks
    private bool _disposed;            // written under all locks

    /// <summary>Creates a notifier without subscribers.</summary>
    /// <param name="name">The name of the memory's owner: it appears in errors, reports and the debugger.</param>
    /// <param name="options">Policy, sizes and clock; null for the defaults.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public InvalidationNotifier(string name, InvalidationNotifierOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        options ??= new InvalidationNotifierOptions();
        options.Validate();
        Name = name;
        _membership = new RegistryMembership(_counters);
        Contract = FenceContract.IsChecked ? new NotifierContract(name) : null;
        _clock = options.TimeProvider;
        _faultsCountAsDone = options.FaultPolicy == InvalidationFaultPolicy.TreatAsQuiesced;
        _ledger = new InvalidationLedger(options.RememberedInvalidations);
        _sessions = new SessionPool(
            options.PoolProvider, pool => new InvalidationSessionState(Name, _ledger, _counters, _clock, options, Contract?.Sessions) { Pool = pool });
    }

    /// <summary>The name of the memory's owner.</summary>
    public string Name { get; }

    /// <summary>The number of open sessions.</summary>
    public int ActiveSessions => _ledger.ActiveCount;

    /// <summary>Reads all counters at one moment.</summary>
    /// <returns>The counters.</returns>
    public InvalidationStatistics GetStatistics()
    {
        StripeSet all = _ledger.EnterEvery();
        using StripeScope scope = _ledger.ExitAtEnd(all);
        SessionTally tally = _counters.Sum();
        return new InvalidationStatistics(
            tally.Begun,
            tally.Refused,
            tally.Committed,
            tally.BackedOff,
            _counters.SubscriberFaults,
            _counters.SlowSubscribers,
            _counters.Reused,
            _ledger.ActiveCount,
            _subscriptionCount,
            _counters.Forgotten);
    }

    /// <summary>Registers a subscriber for a range.</summary>
    /// <param name="range">The range that the subscriber uses.</param>
    /// <param name="subscriber">The object that is called when part of the range is invalidated.</param>
    /// <param name="name">Its name in reports.</param>
    /// <returns>The subscription; dispose it to unsubscribe.</returns>
    /// <remarks>
    /// Takes effect for sessions that begin from now on. An open session does not call the new subscriber, but its range is closed to the
    /// subscriber: <see cref="InvalidationSubscription.BeginRead"/> waits for its end. Never blocks; allocates.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty, or <paramref name="name"/> is null or empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="subscriber"/> is null.</exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    public InvalidationSubscription Subscribe(AddressRange range, IInvalidationSubscriber subscriber, string name) =>
        Subscribe(range, subscriber, name, InvalidationSubscriptionOptions.Default, readers: null);

    /// <summary>Registers a subscriber with options.</summary>
    /// <param name="range">The range that the subscriber uses.</param>
    /// <param name="subscriber">The object that is called when part of the range is invalidated.</param>
    /// <param name="name">Its name in reports.</param>
    /// <param name="options">The reasons to be called for, the owner, the subscription to be called after, and the way of mapping.</param>
    /// <returns>The subscription; dispose it to unsubscribe.</returns>
    /// <remarks>See the other overload for details.</remarks>
    /// <exception cref="ArgumentException">
    /// <paramref name="range"/> is empty, <paramref name="name"/> is null or empty, or the order names a subscription of another notifier.
    /// </exception>
    /// <exception cref="ArgumentNullException"><paramref name="subscriber"/> or <paramref name="options"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The reasons are none, or unknown.</exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    public InvalidationSubscription Subscribe(
        AddressRange range, IInvalidationSubscriber subscriber, string name, InvalidationSubscriptionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (options.After is not null && !options.After.IsOf(_ledger))
        {
            throw new ArgumentException($"The subscription '{options.After.Name}' belongs to another notifier.", nameof(options));
        }

        return Subscribe(range, subscriber, name, options, readers: null);
    }

    /// <summary>Registers the readers behind a gate.</summary>
    internal InvalidationSubscription SubscribeReaders(AddressRange range, IReaderScan readers, string name, InvalidationSubscriptionOptions options) =>
        Subscribe(range, ScannedReaders.Instance, name, options, readers);

    private InvalidationSubscription Subscribe(
        AddressRange range, IInvalidationSubscriber subscriber, string name, InvalidationSubscriptionOptions options, IReaderScan? readers)
    {
        AddressRange.IfEmpty(range);
        ArgumentNullException.ThrowIfNull(subscriber);
        ArgumentException.ThrowIfNullOrEmpty(name);

        // Created before the lock is entered: the constructor teaches the validator an order, and that may call a user's sink.
        SubscriptionContract? contract = Contract is null ? null : new SubscriptionContract(name, Contract);
        StripeSet all = _ledger.EnterEvery();
        using StripeScope scope = _ledger.ExitAtEnd(all);
        ObjectDisposedException.ThrowIf(_disposed, this);
        ulong number = _subscriptionNumber + 1;
        InvalidationSubscription subscription = new(this, _ledger, _clock, subscriber, range, number, name, options, readers, contract);
        _index = IntervalIndex<InvalidationSubscription>.Insert(_index, range, number, subscription);
        _subscriptionNumber = number;
        _subscriptionCount++;
        return subscription;
    }

    /// <summary>Describes the notifier for people: its name, the open sessions and the subscriptions.</summary>
    /// <returns>One line.</returns>
    public override string ToString()
    {
        InvalidationStatistics statistics = GetStatistics();
        return $"{Name}: {statistics.Active} sessions open, {statistics.Subscriptions} subscriptions{(Volatile.Read(ref _disposed) ? ", shut down" : "")}";
    }

    internal InvalidationLedger Ledger => _ledger;

    internal TimeProvider Clock => _clock;

    /// <summary>Whether this thread is inside a callback of this notifier.</summary>
    internal bool IsCalling => IsSchedulingOnThisThread;

    bool IInvalidationRegistry.IsSchedulingOnThisThread => IsSchedulingOnThisThread;

    bool IInvalidationRegistry.IsDisposed => Volatile.Read(ref _disposed);

    ulong IInvalidationRegistry.Remove(InvalidationSubscription subscription)
    {
        StripeSet all = _ledger.EnterEvery();
        using StripeScope scope = _ledger.ExitAtEnd(all);
        _index = IntervalIndex<InvalidationSubscription>.Remove(_index, subscription.Range, subscription.Number);
        _subscriptionCount--;

        // A session takes the index when it enters the ledger, under one of these locks: sessions that entered before may still use the
        // old index.
        return _ledger.TakeLookLocked();
    }
}
