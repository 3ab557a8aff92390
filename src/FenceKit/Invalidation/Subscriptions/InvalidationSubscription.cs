// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>Where subscriptions come from and go back to.</summary>
internal interface IInvalidationRegistry
{
    /// <summary>Takes the subscription out. Invalidations up to the number that it returns may still call it.</summary>
    ulong Remove(InvalidationSubscription subscription);

    /// <summary>Whether this thread is inside a schedule of the registry.</summary>
    bool IsSchedulingOnThisThread { get; }

    /// <summary>Whether the owner has shut down.</summary>
    bool IsDisposed { get; }
}

/// <summary>
/// A subscriber's registration for a range, and its way to build mappings into that range safely. Made by
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
    private bool _isAlwaysTold; // true: sessions of the owner do not pass it over
    private readonly AttemptLog? _attempts; // null: what it maps is not known
    private readonly HandedOutFences? _handedOut; // null: unsubscribing does not wait for fences
    private readonly TimeSpan _drainTimeout;

    //   Subscribed → Removing, by CAS: the one who unsubscribes first takes it out of the registry
    //   Removing   → Removed, by the same one, once _lastThatMayCall is written. Everybody who unsubscribes waits for that, and then for
    //                the callbacks: the caller that comes second must not think sooner than the first that nothing runs any more.
    private int _life;
    private ulong _lastThatMayCall; // written before Removed is (release), read after it was seen (acquire)

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

    /// <summary>Who is called. Of the readers behind a <see cref="ReaderGate"/>: an object that never is.</summary>
    public IInvalidationSubscriber Subscriber { get; }

    /// <summary>The same one, if it also wants to hear how sessions end.</summary>
    internal IInvalidationObserver? Observer { get; }

    /// <summary>The range for which it is called.</summary>
    public AddressRange Range { get; }

    /// <summary>The subscriber's name in reports.</summary>
    public string Name { get; }

    /// <summary>Which subscription of the notifier this is; subscriptions that start alike are called in this order.</summary>
    internal ulong Number { get; }

    /// <summary>Readers on the CPU: found by one pass behind a barrier that all of them share, instead of by a call.</summary>
    internal IReaderScan? Readers { get; }

    /// <summary>Which one is called before this one; null for any order.</summary>
    internal InvalidationSubscription? After { get; }

    /// <summary>0 for those without an order; otherwise one more than <see cref="After"/> has.</summary>
    internal int Rank { get; }

    internal bool IsDisposed => Volatile.Read(ref _life) != Subscribed;

    /// <summary>
    /// Unsubscribes. When it returns, no callback of this subscription runs or will run, and nothing more can be published through it.
    /// That holds for every call that returns, also for one that came second.
    /// </summary>
    /// <remarks>
    /// Blocks until schedules that have begun are through with their callbacks (which never wait), and until an open
    /// <see cref="PopulateScope"/> is closed. Must not be called under a lock that the subscriber's callback takes.
    /// Fences that the subscriber has handed out still count for the sessions that hold them; with
    /// <see cref="InvalidationSubscriptionOptions.DrainTimeout"/> they are waited for too.
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
        ulong lastThatMayCall = TakeOut();
        SpinWait spin = default;
        while (_ledger.IsScheduling(lastThatMayCall) || IsBeingTold)
        {
            spin.SpinOnce();
        }

        PassPublishers(evenIfNone: true);
        if (_handedOut is not null && !_handedOut.Wait(WaitBudget.Start(_clock, _drainTimeout)))
        {
            Diagnostics.FenceKitEventSource.Log.LeftWhilePending(Name, Range.ToString());
        }
    }

    /// <summary>
    /// The twin of <see cref="Dispose"/> that blocks no thread. When its task completes, no callback of this subscription runs or will
    /// run, and nothing more can be published through it; with <see cref="InvalidationSubscriptionOptions.DrainTimeout"/>, the fences that
    /// the subscriber has handed out have signaled, or the time is over.
    /// </summary>
    /// <returns>The task.</returns>
    /// <remarks>
    /// May be called from inside the subscriber's own callback; do not wait for the task there. Allocates only when a schedule is under way.
    /// </remarks>
    public ValueTask DisposeAsync()
    {
        ulong lastThatMayCall = TakeOut();
        if (_registry.IsSchedulingOnThisThread || _publishLock.IsHeldByCurrentThread || IsBeingTold || _ledger.IsScheduling(lastThatMayCall))
        {
            return UnsubscribeSlowlyAsync(lastThatMayCall);
        }

        PassPublishers(evenIfNone: true);
        return _handedOut is null || _handedOut.AreComplete ? default : DrainAsync(_handedOut);
    }

    /// <summary>Takes it out of the registry, once. Invalidations up to the number that it returns may still call.</summary>
    private ulong TakeOut()
    {
        if (Interlocked.CompareExchange(ref _life, Removing, Subscribed) == Subscribed)
        {
            _lastThatMayCall = _registry.Remove(this);
            DropTurn();
            Volatile.Write(ref _life, Removed);
        }

        SpinBackoff backoff = default;
        while (Volatile.Read(ref _life) != Removed) // the other one is in a lock that is held for a few instructions
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
        // Callbacks never wait, so there is nothing to sleep on: let others run until they have returned.
        do
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
        while (_ledger.IsScheduling(lastThatMayCall) || IsBeingTold);

        PassPublishers(evenIfNone: true);
        if (_handedOut is not null)
        {
            await DrainAsync(_handedOut).ConfigureAwait(false);
        }
    }

    internal bool IsOf(InvalidationLedger ledger) => ReferenceEquals(_ledger, ledger);

    /// <summary>Whether it is told at all.</summary>
    internal bool WantsToKnow(InvalidationReason reason, object? initiator) =>
        (_reasons & reason) != 0
        && (!ActiveInvalidation.PassesOver(_owner, initiator, reason) || Volatile.Read(ref _isAlwaysTold));

    /// <summary>From now on its owner's own sessions do not pass it over either: it does not do what its owner wants any more.</summary>
    internal void TellAlways() => Volatile.Write(ref _isAlwaysTold, true);

    /// <summary>Phase A for this subscription.</summary>
    internal bool TrySchedule(in InvalidationRequest request, out Fence fence, out bool isReused)
    {
        PassPublishers(evenIfNone: false);
        if (_attempts is not null)
        {
            return TryScheduleMapped(_attempts, in request, out fence, out isReused);
        }

        isReused = false;
        return CallAndNote(in request, out fence);
    }

    /// <summary>Calls a subscriber that maps through the subscription, so that it is known whether there is anything to let go of.</summary>
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
        if (!handedOut.TrySetAside())
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
