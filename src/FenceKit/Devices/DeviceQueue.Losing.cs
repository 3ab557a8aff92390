// SPDX-License-Identifier: MIT
namespace FenceKit;

// Losing the device. The fences fault in finite time whatever the driver does; the memory is let go of only when the driver says so:
//
//   what happens                                        fences   ranges of the commands that were running
//   ------------                                        ------   ---------------------------------------
//   Lose                                                pending  as before
//   OnLost returns, a late TryReset says true,
//   or somebody calls ReportStopped                     fault    free; the queue unsubscribes
//   OnLost throws or is not overridden, a call into
//   the driver does not return, Close throws            fault    in quarantine: no session over them completes
//
// The last row becomes the one above it whenever the driver says so after all: the call returns, or ReportStopped is called.
public sealed partial class DeviceQueue<TCommand>
{
    private DeviceLostException? _lostReason; // under the lock: the device is given up
    private bool _hasStopped;      // under the lock: it is lost, and touches nothing any more

    /// <summary>Why the device is lost; null while it is not. It also says whether the device may still touch memory.</summary>
    public DeviceLostException? LostReason => Volatile.Read(ref _lostReason);

    /// <summary>Gives the device up: every fence of the queue that is pending faults, and nothing more is accepted.</summary>
    /// <param name="reason">What happened; the fences fault with a <see cref="DeviceLostException"/> around it.</param>
    /// <returns>True for the one call that did it.</returns>
    /// <remarks>
    /// <para>Drivers call it when their device tells them, and so may owners. First the driver is told to stop the device
    /// (<see cref="DeviceDriver{TCommand}.OnLost"/>), then the fences fault. If the driver does not return, the watchdog faults them all the
    /// same. The other queues of a <see cref="Device"/> are lost too.</para>
    /// <para>When the driver has said that the device has stopped, every subscription ends. As long as it has not, those memory ranges that
    /// the device may still touch stay in quarantine: no session over them completes, <see cref="InvalidationNotifier.Release"/> lists
    /// them, and disposing the queue or an attachment does not change that. See <see cref="ReportStopped"/>.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="reason"/> is null.</exception>
    public bool Lose(Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return TryGiveUp(reason, evenIfClosed: false);
    }

    /// <summary>
    /// Says that a device that was lost has stopped after all: it touches no memory any more, because it was reset, cut off, or its power is
    /// gone. What was in quarantine is free, and the subscriptions end.
    /// </summary>
    /// <returns>
    /// True for the one call that freed something. False when the device is not lost, or when nothing of it is in quarantine: it has been
    /// said already, or no command was running.
    /// </returns>
    /// <remarks>
    /// For drivers that learn it later than in <see cref="DeviceDriver{TCommand}.OnLost"/>, and for owners who know it from elsewhere. Also
    /// after the queue was disposed. Fences that are still pending fault; callbacks may run on this thread. Never blocks.
    /// </remarks>
    public bool ReportStopped()
    {
        _lock.Enter();
        bool isLost = _lostReason is not null;
        _lock.Exit();
        return isLost && FaultEverything(hasStopped: true);
    }

    /// <param name="reason">Why.</param>
    /// <param name="evenIfClosed">The last call into the driver went wrong: there is no later one that could tell it so.</param>
    private bool TryGiveUp(Exception reason, bool evenIfClosed)
    {
        DeviceLostException error = DeviceLostException.For(Name, reason);
        bool mustPump;
        bool mustWatch;
        _lock.Enter();
        try
        {
            if (_lostReason is not null || (_closeCalled && !evenIfClosed))
            {
                return false;
            }

            _keptMappings = _unmaps is null ? default : _unmapsPending.Issue();
            Volatile.Write(ref _lostReason, error);
            foreach (Attachment attachment in _attachments)
            {
                attachment.TellAlways();
            }

            mustPump = TryBeginPumpLocked();
            mustWatch = TryArmWatchdogLocked(_hangTimeout);
        }
        finally
        {
            _lock.Exit();
        }

        Diagnostics.FenceKitEventSource.Log.TellDeviceLost(Name, error);
        MakeRoom(); // for nobody: a submitter that waits for it is told of the loss
        if (mustWatch)
        {
            StartTimer();
        }

        if (mustPump)
        {
            DispatchPump();
        }

        _device?.Lose(reason); // and with it the other queues
        return true;
    }

    /// <summary>
    /// The last act of a loss. Comes more than once: from the pump, from those who lost patience with it, and from the one who says at last
    /// that the device has stopped. True for the one call that ends a quarantine.
    /// </summary>
    private bool FaultEverything(bool hasStopped)
    {
        DeviceLostException reason = LostReason!;
        bool isFree;
        bool wasHeld;
        Fence blocker;
        _lock.Enter();
        AbandonLocked();
        wasHeld = MayTouchAnythingLocked();
        isFree = !_hasStopped && (hasStopped || !wasHeld);
        if (isFree)
        {
            _hasStopped = true;
            reason.MayStillTouchMemory = false; // before the fences fault: a session that sees the fault sees this too
        }

        blocker = _rangeBlocker;
        _lock.Exit();
        _timeline.Poison(reason);
        PoisonUnordered(reason);
        _unmapsPending.Poison(reason);
        blocker.TryRemoveCallback(_rangeWait);
        foreach (DeviceSlot<TCommand> slot in _slots)
        {
            // Nothing is submitted any more, so no slot changes hands. A thread that is adding callbacks just now takes them back itself.
            RemoveDependencies(slot);
        }

        if (isFree)
        {
            // Unsubscribing waits for schedules that are under way, and we may be inside one.
            InterruptShield.Queue(static queue => queue.DetachAll(), this, preferLocal: false);
        }

        return isFree && wasHeld;
    }

    /// <summary>All that was accepted is over, with the loss for its outcome. What the device had stays marked.</summary>
    private void AbandonLocked()
    {
        if (_retired == _timeline.Issued)
        {
            return; // nothing was under way, or we have been here
        }

        _faulted += (long)(_timeline.Issued - _retired);
        for (DeviceSlot<TCommand>? slot = OldestLocked(); slot is not null; slot = NextLocked(slot))
        {
            slot.Phase = slot.Phase == DeviceSlotPhase.Running ? DeviceSlotPhase.Abandoned : DeviceSlotPhase.Free;
            slot.Command = default!;
            slot.Fault = null;
        }

        _taken = _timeline.Issued;
        _retired = _timeline.Issued;
        ForgetUnorderedLocked();
    }

    /// <summary>Whether a device that is lost, and has not stopped, may touch any memory. A command that names no ranges uses none that others could take away.</summary>
    private bool MayTouchAnythingLocked()
    {
        bool mayTouch = _unmaps is not null && !_hasStopped;
        foreach (DeviceSlot<TCommand> slot in _slots)
        {
            mayTouch |= slot.Phase == DeviceSlotPhase.Abandoned && slot.RangeCount > 0;
        }

        return mayTouch;
    }
}
