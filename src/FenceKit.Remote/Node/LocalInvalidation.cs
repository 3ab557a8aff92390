// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>A session of the local notifier on behalf of a session of the owner. Used by the node's pump only.</summary>
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

    /// <summary>Whether the range is closed in this process, and all local subscribers have been scheduled.</summary>
    internal bool IsScheduled { get; private set; }

    /// <summary>Whether the owner has been told that this process no longer uses the range.</summary>
    internal bool IsAnswered { get; set; }

    /// <summary>Proceeds as far as possible without waiting; a holder that is still pending wakes the pump when it signals.</summary>
    /// <returns>True when this process no longer uses the range, which then stays closed until <see cref="End"/>.</returns>
    internal bool TryComplete()
    {
        while (IsScheduled || (IsScheduled = _notifier.TrySchedule(Range, Reason, out _session)))
        {
            switch (_session.TryWait())
            {
                case InvalidationOutcome.Completed:
                    return true;
                case InvalidationOutcome.Superseded:
                    End(isCommitted: false); // another local session has freed part of the range; ask again for the rest
                    break;
                case InvalidationOutcome.Faulted:
                    End(isCommitted: false); // a subscriber may not have let go: not acknowledged, and asked again until the lease is over
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

    /// <summary>Ends the local session: the range opens again.</summary>
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
    /// Finds a local holder that has yet to let go. An earlier session over the range is not waited for: all subscribers have been called
    /// for this one too, and the order in which memory is freed is the owner's business. Otherwise a lost End message would block every
    /// later session of its range.
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

    /// <summary>Registers for the signal of a holder. False when it has signaled in the meantime.</summary>
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
