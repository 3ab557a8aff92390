// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Reclaim.Devices;

/// <summary>
/// One device's hold on one range of memory, and everything that FenceKit asks of a driver: <see cref="TrySchedule"/> starts the stop and
/// hands out the fence, <see cref="TryMap"/> comes back when the range is free again.
/// </summary>
internal abstract class DeviceMapping : IInvalidationSubscriber, IDisposable
{
    // Held for a few instructions at a time and never over a wait, which is what allows TrySchedule to take it.
    private readonly Lock _gate = new();
    private readonly FenceTimeline _stops;
    private readonly AddressRange _range;
    private InvalidationSubscription? _subscription;
    private Fence _stop;
    private bool _isMapped;
    private bool _isStopping;

    protected DeviceMapping(string name, AddressRange range)
    {
        _stops = new FenceTimeline(name);
        _range = range;
    }

    /// <summary>Whether the device was told to stop and has not yet done so.</summary>
    /// <remarks>Under the gate, for the device is woken before the request is written down; it must not look in between.</remarks>
    protected bool IsStopping
    {
        get
        {
            lock (_gate)
            {
                return _isStopping;
            }
        }
    }

    /// <summary>Whether the device has hold of the range. Only its own thread changes that, so it needs no gate to ask.</summary>
    protected bool IsMapped => _isMapped;

    private InvalidationSubscription Subscription =>
        _subscription ?? throw new InvalidOperationException($"{_stops.Name} is not attached to a notifier.");

    /// <summary>Listens to this notifier, and to no other from now on. While nothing is mapped.</summary>
    public void AttachTo(InvalidationNotifier notifier)
    {
        _subscription?.Dispose();
        _subscription = notifier.Subscribe(_range, this, _stops.Name);
    }

    /// <inheritdoc/>
    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        lock (_gate)
        {
            fence = default;
            if (!_isMapped)
            {
                fence = Fence.AlreadySignaled; // nothing of ours is there
                return true;
            }

            if (!_isStopping)
            {
                if (!TryRequestStop())
                {
                    return false; // refusing is allowed, waiting is not
                }

                _stop = _stops.Issue();
                _isStopping = true;
            }

            // An attempt that found us stopping already gets the same fence: what the earlier one began is not begun again.
            fence = _stop;
            return true;
        }
    }

    /// <summary>The device is lost: whoever waits for it, now or later, learns so.</summary>
    public virtual void Poison(Exception error) => _stops.Poison(error);

    public virtual void Dispose()
    {
        // A stop that nobody will ever finish must not hold the subscription up, so the fence goes first.
        _stops.Dispose();
        _subscription?.Dispose();
    }

    /// <summary>Makes the mapping unless the range is being invalidated. Called by the device's own thread.</summary>
    protected bool TryMap()
    {
        if (!Subscription.TryBeginRead(_range, out InvalidationSequence sequence))
        {
            return false;
        }

        // This may take its time, for no lock is held. An invalidation that comes meanwhile finds nothing mapped and does not wait...
        Map();
        lock (_gate)
        {
            if (!Subscription.MustRetry(sequence))
            {
                _isMapped = true;
                return true;
            }
        }

        // ...so what was made under its eyes is worth nothing.
        Unmap();
        return false;
    }

    /// <summary>The device does nothing in the range any more: lets go of it, then signals. Called by the device's own thread.</summary>
    protected void CompleteStop()
    {
        Unmap();
        Fence stop;
        lock (_gate)
        {
            stop = _stop;
            _isMapped = false;
            _isStopping = false;
        }

        _stops.Signal(stop);
    }

    /// <summary>
    /// Tells the device to stop. Called with the gate held: must not wait, must not allocate; false when it cannot be told now.
    /// </summary>
    protected abstract bool TryRequestStop();

    /// <summary>Takes hold of the pages.</summary>
    protected abstract void Map();

    /// <summary>Lets go of them.</summary>
    protected abstract void Unmap();
}
