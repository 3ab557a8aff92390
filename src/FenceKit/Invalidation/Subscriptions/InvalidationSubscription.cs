// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>The registry that a subscription belongs to: its notifier.</summary>
internal interface IInvalidationRegistry
{
    /// <summary>Removes the subscription. Invalidations up to the returned number may still call it.</summary>
    ulong Remove(InvalidationSubscription subscription);

    /// <summary>Whether this thread is inside a schedule of the registry.</summary>
    bool IsSchedulingOnThisThread { get; }

    /// <summary>Whether the owner has shut down.</summary>
    bool IsDisposed { get; }
}

/// <summary>
/// A subscriber's registration for a range, and its means to build mappings into that range safely. Created by
/// <see cref="InvalidationNotifier.Subscribe(AddressRange, IInvalidationSubscriber, string)"/>; disposing it unsubscribes.
/// </summary>
/// <remarks><b>Thread safety</b>: every member may be called from any thread at any time.</remarks>
[DebuggerDisplay("{Name,nq} {Range}")]
public sealed partial class InvalidationSubscription : IDisposable, IAsyncDisposable
{
    private readonly IInvalidationRegistry _registry;
    private readonly InvalidationLedger _ledger;
    private readonly TimeProvider _clock;
    private readonly InvalidationReason _reasons;
    private readonly object? _owner;
    private bool _isAlwaysCalled; // true: sessions of the owner do not skip it
    private readonly AttemptLog? _attempts; // null: its mappings are not tracked
    private readonly HandedOutFences? _handedOut; // null: unsubscribing does not wait for fences
    private readonly TimeSpan _drainTimeout;

    // Subscribed → Removing, by the thread whose CAS unsubscribes first; it removes the subscription from the registry. Removing → Removed,
    // by the same thread, once _lastThatMayCall is written. Every thread that unsubscribes waits for that, and then for the callbacks: the
    // second caller must not return earlier than the first, while a callback may still run.
    private int _life;
    private ulong _lastThatMayCall; // written before Removed (release), read after Removed was seen (acquire)

    private const int Subscribed = 0;
    private const int Removing = 1;
    private const int Removed = 2;

    internal InvalidationSubscription(
        IInvalidationRegistry registry,
        InvalidationLedger ledger,
        TimeProvider clock,
        IInvalidationSubscriber subscriber,
        AddressRange range,
        ulong number,
        string name,
        InvalidationSubscriptionOptions options,
        IReaderScan? readers,
        SubscriptionContract? contract)
    {
        _registry = registry;
        _contract = contract;
        _ledger = ledger;
        _clock = clock;
        Subscriber = subscriber;
        Observer = subscriber as IInvalidationObserver;
        Range = range;
        Number = number;
        Name = name;
        Readers = readers;
        After = options.After;
        Rank = options.After is null ? 0 : options.After.Rank + 1;
        _reasons = options.Reasons;
        _owner = options.Owner;
        _attempts = options.MapsThroughSubscription ? new AttemptLog() : null;
        _drainTimeout = options.DrainTimeout;
        _handedOut = _drainTimeout == TimeSpan.Zero ? null : new HandedOutFences();
    }

    /// <summary>The object that is called. For the readers of a <see cref="ReaderGate"/>: an object that is never called.</summary>
    public IInvalidationSubscriber Subscriber { get; }

    /// <summary>The subscriber as an observer; null if it is not one.</summary>
    internal IInvalidationObserver? Observer { get; }

    /// <summary>The range for which the subscriber is called.</summary>
    public AddressRange Range { get; }

    /// <summary>The subscriber's name in reports.</summary>
    public string Name { get; }

    /// <summary>The number of the subscription; subscriptions with the same start are called in this order.</summary>
    internal ulong Number { get; }

    /// <summary>
    /// The readers of a gate, which are found by a scan behind a shared barrier instead of by a call; null for any other subscriber.
    /// </summary>
    internal IReaderScan? Readers { get; }

    /// <summary>The subscription that is called before this one; null for no order.</summary>
    internal InvalidationSubscription? After { get; }

    /// <summary>0 without an order; otherwise one more than the rank of <see cref="After"/>.</summary>
    internal int Rank { get; }

    internal bool IsDisposed => Volatile.Read(ref _life) != Subscribed;

    /// <summary>
    /// Unsubscribes. When it returns, no callback of this subscription runs or will run, and no more mappings can be published through it.
    /// That also holds for a second, concurrent call.
    /// </summary>
    /// <remarks>
    /// Blocks until schedules that have begun have finished their callbacks (which never wait), and until an open
    /// <see cref="PopulateScope"/> is closed. Must not be called under a lock that the subscriber's callback takes. Fences that the
    /// subscriber has returned still count for their sessions; with <see cref="InvalidationSubscriptionOptions.DrainTimeout"/> they are
    /// waited for too.
    /// </remarks>
    /// <exception cref="InvalidOperationException">
    /// Called from inside a callback of the same notifier, or from inside a <see cref="PopulateScope"/> of this subscription: it would wait for itself.
    /// </exception>
    public void Dispose()
    {
        if (_registry.IsSchedulingOnThisThread)
        {
            throw new InvalidOperationException(
                $"The subscription '{Name}' cannot be disposed from inside {nameof(IInvalidationSubscriber)}.{nameof(IInvalidationSubscriber.TrySchedule)}: it would wait for that call to return.");
        }

        if (_publishLock.IsHeldByCurrentThread)
        {
            throw new InvalidOperationException(
                $"The subscription '{Name}' cannot be disposed from inside its own {nameof(PopulateScope)}: it would wait for the scope to close.");
        }

        FenceContract.WaitForSchedules();
        ulong lastThatMayCall = RemoveOnce();
        SpinWait spin = default;
        while (_ledger.IsScheduling(lastThatMayCall) || IsCallingObserver)
        {
            spin.SpinOnce();
        }

        SpinForPublishers(evenIfNone: true);
        if (_handedOut is not null && !_handedOut.Wait(WaitBudget.Start(_clock, _drainTimeout)))
        {
            Diagnostics.FenceKitEventSource.Log.LeftWhilePending(Name, Range.ToString());
        }
    }

    /// <summary>
    /// Like <see cref="Dispose"/>, but blocks no thread. When its task completes, no callback of this subscription runs or will run, and no
    /// more mappings can be published through it; with <see cref="InvalidationSubscriptionOptions.DrainTimeout"/>, the fences that the
    /// subscriber has returned have signaled, or the time is over.
    /// </summary>
    /// <returns>The task.</returns>
    /// <remarks>
    /// May be called from inside the subscriber's own callback; do not wait for the task there. Allocates only when a schedule is in
    /// progress.
    /// </remarks>
    public ValueTask DisposeAsync()
    {
        ulong lastThatMayCall = RemoveOnce();
        if (_registry.IsSchedulingOnThisThread || _publishLock.IsHeldByCurrentThread || IsCallingObserver || _ledger.IsScheduling(lastThatMayCall))
        {
            return UnsubscribeSlowlyAsync(lastThatMayCall);
        }

        SpinForPublishers(evenIfNone: true);
        return _handedOut is null || _handedOut.AreComplete ? default : DrainAsync(_handedOut);
    }

    /// <summary>Removes the subscription from the registry, once. Invalidations up to the returned number may still call it.</summary>
    private ulong RemoveOnce()
    {
        if (Interlocked.CompareExchange(ref _life, Removing, Subscribed) == Subscribed)
        {
            _lastThatMayCall = _registry.Remove(this);
            DropTurn();
            Volatile.Write(ref _life, Removed);
        }

        SpinBackoff backoff = default;
        while (Volatile.Read(ref _life) != Removed) // the other thread is in a lock that is held for a few instructions
        {
            backoff.Once();
        }

        return _lastThatMayCall;
    }

    private async ValueTask DrainAsync(HandedOutFences handedOut)
    {
        if (!await handedOut.WaitAsync(WaitBudget.Start(_clock, _drainTimeout)).ConfigureAwait(false))
        {
            Diagnostics.FenceKitEventSource.Log.LeftWhilePending(Name, Range.ToString());
        }
    }

    private async ValueTask UnsubscribeSlowlyAsync(ulong lastThatMayCall)
    {
        // Callbacks never wait, so there is nothing to wait on: yield until they have returned.
        do
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
        while (_ledger.IsScheduling(lastThatMayCall) || IsCallingObserver);

        SpinForPublishers(evenIfNone: true);
        if (_handedOut is not null)
        {
            await DrainAsync(_handedOut).ConfigureAwait(false);
        }
    }

    internal bool IsOf(InvalidationLedger ledger) => ReferenceEquals(_ledger, ledger);

    /// <summary>Whether a session with this reason and initiator calls the subscriber.</summary>
    internal bool IsCalledFor(InvalidationReason reason, object? initiator) =>
        (_reasons & reason) != 0
        && (!ActiveInvalidation.PassesOver(_owner, initiator, reason) || Volatile.Read(ref _isAlwaysCalled));

    /// <summary>From now on, sessions of its owner call it too. Used when it no longer does what its owner wants.</summary>
    internal void CallAlways() => Volatile.Write(ref _isAlwaysCalled, true);

    /// <summary>Phase A for this subscription.</summary>
    internal bool TrySchedule(in InvalidationRequest request, out Fence fence, out bool isReused)
    {
        SpinForPublishers(evenIfNone: false);
        if (_attempts is not null)
        {
            return TryScheduleMapped(_attempts, in request, out fence, out isReused);
        }

        isReused = false;
        return CallAndNote(in request, out fence);
    }

    /// <summary>Calls a subscriber that maps through its subscription, unless it has nothing to let go of.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryScheduleMapped(AttemptLog attempts, in InvalidationRequest request, out Fence fence, out bool isReused)
    {
        AddressRange overlap = request.Overlap;
        isReused = attempts.TryReuse(overlap, request.Reason, out fence);
        if (isReused)
        {
            return true;
        }

        ulong publications = attempts.Publications;
        if (!CallAndNote(in request, out fence))
        {
            return false;
        }

        attempts.Record(overlap, request.Reason, fence, publications);
        return true;
    }

    private bool CallAndNote(in InvalidationRequest request, out Fence fence) =>
        _handedOut is null ? CallSubscriber(in request, out fence) : CallAndKeep(_handedOut, in request, out fence);

    private bool CallAndKeep(HandedOutFences handedOut, in InvalidationRequest request, out Fence fence)
    {
        fence = default;
        if (!handedOut.TryReserve())
        {
            return false;
        }

        Fence kept = default;
        try
        {
            bool scheduled = CallSubscriber(in request, out fence);
            kept = scheduled ? fence : default;
            return scheduled;
        }
        finally
        {
            handedOut.Add(kept);
        }
    }
}
