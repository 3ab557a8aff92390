// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>A session of the local notifier that stands for one of the owner's. Only the node's pump uses it.</summary>
internal sealed class LocalInvalidation : FenceCallback
{
    private readonly InvalidationNotifier _notifier;
    private readonly RemotePump _pump;
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
                    if (TryWatch())
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

    /// <summary>False when what was waited for has signaled meanwhile.</summary>
    private bool TryWatch()
    {
        if (!_watched.IsSignaled)
        {
            return true;
        }

        Span<PendingInvalidation> pending = new PendingInvalidation[1];
        if (_session.CopyPending(pending) == 0)
        {
            return false;
        }

        Fence fence = pending[0].Fence;
        if (!fence.TryAddCallback(this))
        {
            return false;
        }

        _watched = fence;
        return true;
    }
}
