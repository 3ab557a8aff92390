// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// The holders of the range: collected in phase A, polled in phase C.
internal sealed partial class InvalidationSessionState
{
    private Holder[] _holders;
    private int _holderCount;
    private readonly List<InvalidationSubscription> _gates = new(4); // gates whose readers have yet to be scanned
    private readonly List<(InvalidationSubscription Subscription, AddressRange Range)> _deferred = []; // those with an After option, called after the others
    private bool _someoneThrew;
    private long _scheduled; // the end of phase A; set only if there are holders

    private struct Holder
    {
        public InvalidationSubscription Subscription;
        public Fence Fence;
        public Exception? Thrown;
        public bool Done; // the fence was seen complete without a failure. Set by any thread that polls; never reset during the session
    }

    /// <summary>Creates the request for a range; each call of a subscriber sets the subscribed range in it.</summary>
    internal InvalidationRequest RequestFor(AddressRange range, InvalidationReason reason, Fence predecessor = default) =>
        new(range, subscribedRange: default, reason, Number, predecessor);

    /// <summary>Calls one subscriber. False when it cannot start without blocking.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Schedule(InvalidationSubscription subscription, ref InvalidationRequest request)
    {
        if (subscription.Readers is not null)
        {
            AddGate(subscription);
            return true;
        }

        return _slowAfter == Timeout.InfiniteTimeSpan ? Call(subscription, ref request) : CallTimed(subscription, ref request);
    }

    private bool CallTimed(InvalidationSubscription subscription, ref InvalidationRequest request)
    {
        long began = _clock.GetTimestamp();
        bool isScheduled = Call(subscription, ref request);
        ReportSlow(subscription, request.Range, _clock.GetElapsedTime(began));
        return isScheduled;
    }

    // Runs once per subscriber. Code that a subscriber without work does not need is in separate methods, which keeps the frame of this one
    // small.
    private bool Call(InvalidationSubscription subscription, ref InvalidationRequest request)
    {
        Fence fence;
        try
        {
            request.TurnTo(subscription.Range);
            if (!subscription.TrySchedule(in request, out fence, out bool isReused))
            {
                return false;
            }

            if (isReused)
            {
                _counters.CountReuse();
            }
        }
        catch (Exception exception)
        {
            ReportThrown(subscription, request.Range, exception);
            fence = default;
        }

        if (fence.Timeline is not null)
        {
            AddUnlessSignaled(subscription, fence);
        }

        if (subscription.Observer is not null)
        {
            NoteObserver(subscription, request.Range);
        }

        return true;
    }

    /// <summary>A fence that has already signaled need not be remembered, unless the validator learns the order of waits from it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddUnlessSignaled(InvalidationSubscription subscription, Fence fence)
    {
        if (FenceContract.IsChecked || fence.Status != FenceStatus.Signaled)
        {
            AddHolder(subscription, fence, thrown: null);
        }
    }

    /// <summary>Defers a subscriber with an After option until all others have been called.</summary>
    internal void Defer(InvalidationSubscription subscription, AddressRange range) => _deferred.Add((subscription, range));

    /// <summary>Calls one subscriber during a release, where a refusal is an error.</summary>
    internal void ScheduleOrFail(InvalidationSubscription subscription, ref InvalidationRequest request)
    {
        if (!Schedule(subscription, ref request))
        {
            ReportThrown(subscription, request.Range, new InvalidOperationException(
                $"The subscriber '{subscription.Name}' refused to let go at the shutdown of its owner: there is no later attempt."));
        }
    }

    /// <summary>Calls the deferred subscribers, by rising rank. False when one cannot start without blocking.</summary>
    internal bool ScheduleDeferred(InvalidationReason reason, bool mayRefuse, out InvalidationSubscription? refusedBy)
    {
        int called = 0;
        for (int rank = 1; called < _deferred.Count; rank++)
        {
            for (int index = 0; index < _deferred.Count; index++)
            {
                (InvalidationSubscription subscription, AddressRange range) = _deferred[index];
                if (subscription.Rank != rank)
                {
                    continue;
                }

                called++;
                InvalidationRequest request = RequestFor(range, reason, FenceOf(subscription.After!));
                if (!mayRefuse)
                {
                    ScheduleOrFail(subscription, ref request);
                }
                else if (!Schedule(subscription, ref request))
                {
                    refusedBy = subscription;
                    return false;
                }
            }
        }

        refusedBy = null;
        return true;
    }

    /// <summary>
    /// The last step of phase A: finds the CPU readers that are inside. It is last so that the devices have already begun, and it needs one
    /// process-wide barrier for any number of gates.
    /// </summary>
    internal void ScanReaders(bool close)
    {
        if (_gates.Count == 0)
        {
            return;
        }

        // Active was raised in BeginLocked, and the readers' alert is raised here: both before the barrier, as ReaderSlot requires.
        for (int index = 0; !close && index < _gates.Count; index++)
        {
            _gates[index].Readers!.BeginScan();
        }

        Interlocked.MemoryBarrierProcessWide();
        foreach (InvalidationSubscription gate in _gates)
        {
            IReaderScan readers = gate.Readers!;
            Fence fence = close ? readers.Close() : readers.Scan();
            if (!fence.IsSignaled)
            {
                AddHolder(gate, fence, thrown: null);
            }
        }
    }

    private void AddHolder(InvalidationSubscription subscription, Fence fence, Exception? thrown)
    {
        // The same fence for several ranges of a batch is waited for once.
        if (_holderCount > 0 && thrown is null && _holders[_holderCount - 1].Fence == fence
            && ReferenceEquals(_holders[_holderCount - 1].Subscription, subscription))
        {
            return;
        }

        if (_holderCount == _holders.Length)
        {
            // Grows between two callbacks, not inside one. The pooled object keeps the array, so this happens during warm-up only.
            Array.Resize(ref _holders, _holders.Length * 2);
        }

        ref Holder holder = ref _holders[_holderCount++];
        holder.Subscription = subscription;
        holder.Fence = fence;
        holder.Thrown = thrown;
        holder.Done = false;
    }

    /// <summary>The fence that a subscription returned last in this session; <c>default</c> if there is nothing left to wait for.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Fence FenceOf(InvalidationSubscription subscription)
    {
        for (int index = _holderCount - 1; index >= 0; index--)
        {
            if (ReferenceEquals(_holders[index].Subscription, subscription))
            {
                return _holders[index].Fence;
            }
        }

        return default;
    }

    private void AddGate(InvalidationSubscription subscription)
    {
        if (!_gates.Contains(subscription))
        {
            _gates.Add(subscription);
        }
    }

    private void ReportThrown(InvalidationSubscription subscription, AddressRange range, Exception exception)
    {
        _someoneThrew = true;
        AddHolder(subscription, default, exception);
        _counters.CountSubscriberFault();
        Diagnostics.FenceKitEventSource.Log.SubscriberFaulted(subscription.Name, range.ToString(), exception);
    }

    private void ReportSlow(InvalidationSubscription subscription, AddressRange range, TimeSpan took)
    {
        if (took > _slowAfter)
        {
            _counters.CountSlowSubscriber();
            Diagnostics.FenceKitEventSource.Log.SlowSubscriber(subscription.Name, subscription.Subscriber.GetType(), range, took);
        }
    }

    private void ClearHolders()
    {
        if (_holderCount != 0)
        {
            Array.Clear(_holders, 0, _holderCount);
            _holderCount = 0;
        }

        _gates.Clear();
        _deferred.Clear();
        _observers.Clear();
        _someoneThrew = false;
    }
}
