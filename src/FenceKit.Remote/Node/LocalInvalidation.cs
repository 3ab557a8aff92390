// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>A session of the local notifier that stands for one of the owner's. Only the node's pump uses it.</summary>
internal sealed class LocalInvalidation : FenceCallback
{
    private readonly InvalidationNotifier _notifier;
    private readonly RemotePump _pump;
    private readonly PendingInvalidation[] _pending = new PendingInvalidation[16];
    private InvalidationSession _session;
    private Fence _watched;

    internal LocalInvalidation(InvalidationNotifier notifier, RemotePump pump, AddressRange range, InvalidationReason reason)
    {
        _notifier = notifier;
        _pump = pump;
        Range = range;
        Reason = reason;
    }

    internal AddressRange Range { get; }

    internal InvalidationReason Reason { get; }

    /// <summary>Whether the range is closed here, and everybody has been told.</summary>
    internal bool IsScheduled { get; private set; }

    /// <summary>Whether the owner has been told that nothing here uses the range.</summary>
    internal bool IsAnswered { get; set; }

    /// <summary>Goes as far as it goes without waiting; what remains wakes the pump when it signals.</summary>
    /// <returns>True when nothing here uses the range. Then the range stays closed until <see cref="End"/>.</returns>
    internal bool TryComplete()
    {
        while (IsScheduled || (IsScheduled = _notifier.TrySchedule(Range, Reason, out _session)))
        {
            switch (_session.TryWait())
            {
                case InvalidationOutcome.Completed:
                    return true;
                case InvalidationOutcome.Superseded:
                    End(isCommitted: false); // somebody here took part of the range for good; what is left is asked for anew
                    break;
                case InvalidationOutcome.Faulted:
                    End(isCommitted: false); // it cannot be said that it let go: never answered, asked again until the lease is over
                    return false;
                default:
                    if (!TryFindHolder(out Fence held))
                    {
                        return true;
                    }

                    if (TryWatch(held))
                    {
                        return false;
                    }

                    break;
            }
        }

        return false;
    }

    /// <summary>The range opens again.</summary>
    internal void End(bool isCommitted)
    {
        if (!IsScheduled)
        {
            return;
        }

        _watched.TryRemoveCallback(this);
        _watched = default;
        IsScheduled = false;
        if (isCommitted && _session.TryWait() == InvalidationOutcome.Completed)
        {
            _session.Commit();
        }
        else
        {
            _session.BackOff();
        }
    }

    protected override void OnSignaled(FenceStatus status, Exception? fault) => _pump.Wake();

    /// <summary>
    /// Who of this process has yet to let go. An earlier session over the range is not waited for: everybody has been asked for this one too, and who hands memory
    /// back in which order is the owner's business. Otherwise an end that was lost would hold up every later session of its range.
    /// </summary>
    private bool TryFindHolder(out Fence held)
    {
        int count = _session.CopyPending(_pending);
        for (int index = 0; index < Math.Min(count, _pending.Length); index++)
        {
            if (_pending[index].Subscription is not null)
            {
                held = _pending[index].Fence;
                return true;
            }
        }

        held = _pending[0].Fence;
        return count > _pending.Length;
    }

    /// <summary>False when it has signaled meanwhile.</summary>
    private bool TryWatch(Fence held)
    {
        if (!_watched.IsSignaled)
        {
            return true;
        }

        if (!held.TryAddCallback(this))
        {
            return false;
        }

        _watched = held;
        return true;
    }
}
