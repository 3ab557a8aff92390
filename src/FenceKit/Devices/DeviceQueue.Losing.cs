// SPDX-License-Identifier: MIT
namespace FenceKit;

// Losing the device. The fences fault in finite time whatever the driver does; the memory is released only when the driver has reported that
// the device has stopped:
//
//   what happens                                        fences   ranges of the commands that were running
//   ------------                                        ------   ---------------------------------------
//   Lose                                                pending  as before
//   OnLost returns, a late TryReset says true,
//   or ReportStopped is called                          fault    free; the queue unsubscribes
//   OnLost throws or is not overridden, a call into
//   the driver does not return, Close throws            fault    in quarantine: no session over them completes
//
// The last state changes to the one above it when the call returns after all, or when ReportStopped is called.
public sealed partial class DeviceQueue<TCommand>
{
    private DeviceLostException? _lostReason; // written under the lock: the device is lost
    private bool _hasStopped;      // under the lock: the device is lost, and no longer touches memory

    /// <summary>The error of the loss; null while the device is not lost. It also tells whether the device may still touch memory.</summary>
    public DeviceLostException? LostReason => Volatile.Read(ref _lostReason);

    /// <summary>Declares the device lost: every pending fence of the queue faults, and no more commands are accepted.</summary>
    /// <param name="reason">The reason; it becomes the inner exception of the <see cref="DeviceLostException"/> of the fences.</param>
    /// <returns>True for the first call only.</returns>
    /// <remarks>
    /// <para>Called by a driver that learns of the loss from its device, or by the owner of the queue. First the driver is told to stop the
    /// device (<see cref="DeviceDriver{TCommand}.OnLost"/>), then the fences fault. If the driver does not return, the watchdog faults the
    /// fences. The other queues of a <see cref="Device"/> are lost too.</para>
    /// <para>When the driver has reported that the device has stopped, every subscription ends. Until then the memory ranges that the device
    /// may still touch stay in quarantine: no session over them completes, <see cref="InvalidationNotifier.Release"/> lists them, and
    /// disposing the queue or an attachment does not change that. See <see cref="ReportStopped"/>.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="reason"/> is null.</exception>
    public bool Lose(Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return TryGiveUp(reason, evenIfClosed: false);
    }

    /// <summary>
    /// Reports that a lost device has stopped: it no longer touches memory, because it was reset, disconnected or powered off. Memory in
    /// quarantine becomes free, and the subscriptions end.
    /// </summary>
    /// <returns>
    /// True for the call that released memory. False when the device is not lost, or when no memory is in quarantine: the device was reported
    /// before, or no command was running.
    /// </returns>
    /// <remarks>
    /// For drivers that find out after <see cref="DeviceDriver{TCommand}.OnLost"/> has returned, and for owners that know it by other means.
    /// May also be called after the queue was disposed. Pending fences fault; their callbacks may run on this thread. Never blocks.
    /// </remarks>
    public bool ReportStopped()
    {
        _lock.Enter();
        bool isLost = _lostReason is not null;
        _lock.Exit();
        return isLost && FaultEverything(hasStopped: true);
    }

    /// <param name="reason">The reason for the loss.</param>
    /// <param name="evenIfClosed">Declares the loss even when Close was called already, because that call failed or does not return.</param>
    private bool TryGiveUp(Exception reason, bool evenIfClosed)
    {
        DeviceLostException error = DeviceLostException.For(Name, reason);
        bool mustPump;
        bool mustWatch;
        using (_lock.EnterScope())
        {
            if (_lostReason is not null || (_closeCalled && !evenIfClosed))
            {
                return false;
            }

            _keptMappings = _unmaps is null ? default : _unmapsPending.Issue();
            Volatile.Write(ref _lostReason, error);
            foreach (Attachment attachment in _attachments)
            {
                attachment.CallAlways();
            }

            mustPump = TryBeginPumpLocked();
            mustWatch = TryArmWatchdogLocked(_hangTimeout);
        }

        Diagnostics.FenceKitEventSource.Log.TellDeviceLost(Name, error);
        MakeRoom(); // there is none, but this wakes the submitters that wait for room: their next try returns Lost
        StartTimerIf(mustWatch);

        DispatchPumpIf(mustPump);

        _device?.Lose(reason); // the other queues of the device are lost too
        return true;
    }

    /// <summary>
    /// The last step of a loss: faults all fences and, if the device has stopped, unsubscribes. May run more than once: called by the pump,
    /// by the watchdog, by DisposeAsync and by ReportStopped. True for the call that ends a quarantine.
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
            reason.MayStillTouchMemory = false; // before the fences fault, so that a session that sees the fault sees this too
        }

        blocker = _rangeBlocker;
        _lock.Exit();
        _timeline.Poison(reason);
        PoisonUnordered(reason);
        _unmapsPending.Poison(reason);
        blocker.TryRemoveCallback(_rangeWait);
        foreach (DeviceSlot<TCommand> slot in _slots)
        {
            // No more commands are submitted, so no slot is reused. A thread that is still adding callbacks in AddDependencies removes them
            // itself.
            RemoveDependencies(slot);
        }

        if (isFree)
        {
            // Unsubscribing waits for calls of TrySchedule that are under way, and this thread may be inside one.
            InterruptShield.Queue(static queue => queue.DetachAll(), this, preferLocal: false);
        }

        return isFree && wasHeld;
    }

    /// <summary>Ends all accepted commands, with the loss as their outcome. The slots of running commands stay marked as abandoned.</summary>
    private void AbandonLocked()
    {
        if (_retired == _timeline.Issued)
        {
            return; // no command is pending, or this has been done before
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

    /// <summary>
    /// Whether a lost device that has not stopped may touch memory. A command without ranges uses no memory that can be invalidated.
    /// </summary>
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
