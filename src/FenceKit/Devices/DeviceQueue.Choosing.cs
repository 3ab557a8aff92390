// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

// The decision what the pump does next. It is made under the lock.
public sealed partial class DeviceQueue<TCommand>
{
    /// <summary>The kinds of steps that the pump can take, in the order of their urgency.</summary>
    [Flags]
    private enum Work
    {
        None = 0,

        /// <summary>Tell the driver that the device is lost, then fault all fences.</summary>
        NotifyLoss = 1,
        Reset = 2,
        Cancel = 4,

        /// <summary>Ask the driver whether a command that has exceeded its time limit hangs.</summary>
        Ask = 8,
        Unmap = 16,

        /// <summary>Remove a disposed attachment whose range is no longer in use.</summary>
        Detach = 32,

        /// <summary>Signal the fences of commands that ended without having been started.</summary>
        Retire = 64,
        Start = 128,
        Close = 256,
    }

    /// <summary>
    /// Returns the kinds of work that are pending; no other code decides this. A step may be pending and not ready: it may wait for room at
    /// the device, for dependencies, for the end of an invalidation, or for other commands.
    /// </summary>
    private Work WorkLocked()
    {
        if (_lostReason is not null)
        {
            return _closeCalled ? Work.None : !_lossNotified ? Work.NotifyLoss : _closing ? Work.Close : Work.None;
        }

        Work work = (_isUnordered ? _ready.Count != 0 : _taken != _timeline.Issued) ? Work.Start : Work.None;
        work |= _mustReset is not null ? Work.Reset : Work.None;
        work |= (_requests & DeviceRequests.Cancel) != 0 ? Work.Cancel : Work.None;
        work |= (_requests & DeviceRequests.Ask) != 0 ? Work.Ask : Work.None;
        work |= _unmapsPending.Issued != _unmapsDone || (_readyDrains != 0 && _unmaps is not null) ? Work.Unmap : Work.None;
        work |= _leaving != 0 ? Work.Detach : Work.None;
        work |= HasFinishedHeadLocked() ? Work.Retire : Work.None;
        work |= _closing && !_closeCalled ? Work.Close : Work.None;
        return work;
    }

    /// <summary>
    /// Whether the next command in turn has ended and no thread is about to signal its fence: it ended without having been started.
    /// </summary>
    private bool HasFinishedHeadLocked() => _isUnordered
        ? _ended.Count != 0
        : !_retiring && _retired != _taken && SlotOf(_retired + 1).Phase == DeviceSlotPhase.Finished;

    /// <summary>Chooses the next step. When there is none, the pump stops in the same critical section, so that no event is missed.</summary>
    /// <param name="mustTake">See <see cref="RunPump(bool)"/>; set to false once this thread runs the pump.</param>
    /// <param name="step">The step to take.</param>
    /// <param name="count">The number of commands in the batch, for Start.</param>
    /// <param name="unmap">The range to unmap, for Unmap.</param>
    /// <param name="leaver">The attachment to remove, for Detach.</param>
    private bool TryTakeStep(ref bool mustTake, out Work step, out int count, out PendingUnmap unmap, out Attachment? leaver)
    {
        bool mustWatch = false;
        ulong roomMade = 0;
        using (_lock.EnterScope())
        {
            AssertInvariantsLocked();
            if (mustTake)
            {
                if (!_pumpWaits)
                {
                    (step, count, unmap, leaver) = (default, 0, default, null);
                    return false;
                }

                _pumpWaits = false;
                mustTake = false;
            }

            Debug.Assert(_pumping, "Only the pump takes steps.");
            _inDriver = false;
            ulong taken = _taken;
            step = ChooseLocked(WorkLocked(), out count, out unmap, out leaver);
            roomMade = _taken == taken ? 0 : MakeRoomLocked();
            _pumping = step != Work.None;
            if (step is not (Work.None or Work.Retire) && (step != Work.Detach || _unmaps is not null))
            {
                _inDriver = true;
                _driverCalls++;
                mustWatch = TryArmWatchdogLocked(step == Work.Start ? Least(_hangTimeout, _batchTimeout) : _hangTimeout);
            }
        }

        SignalRoom(roomMade);
        StartTimerIf(mustWatch);

        return step != Work.None;
    }

    /// <summary>Returns the most urgent step that is ready, and its arguments.</summary>
    private Work ChooseLocked(Work work, out int count, out PendingUnmap unmap, out Attachment? leaver)
    {
        count = 0;
        unmap = default;
        leaver = null;
        if ((work & Work.NotifyLoss) != 0)
        {
            _lossNotified = true;
            return Work.NotifyLoss;
        }

        if ((work & Work.Reset) != 0)
        {
            return Work.Reset;
        }

        if ((work & Work.Cancel) != 0 && TryTakeLocked(DeviceRequests.Cancel))
        {
            return Work.Cancel;
        }

        if ((work & Work.Ask) != 0 && TryTakeLocked(DeviceRequests.Ask))
        {
            return Work.Ask;
        }

        if ((work & Work.Unmap) != 0 && TryPeekUnmapLocked(out unmap))
        {
            return Work.Unmap;
        }

        if ((work & Work.Detach) != 0 && TryFindLeaverLocked(out leaver))
        {
            return Work.Detach;
        }

        if ((work & Work.Retire) == 0 && (work & Work.Start) != 0)
        {
            count = TakeBatchLocked();
            if (count > 0)
            {
                return Work.Start;
            }
        }

        if (HasFinishedHeadLocked()) // taking a batch may have found commands that ended before their start
        {
            return Work.Retire;
        }

        if ((work & Work.Close) != 0 && (_lostReason is not null || HasEndedLocked()))
        {
            _closeCalled = true;
            return Work.Close;
        }

        return Work.None;
    }

    /// <summary>Whether all commands have ended and no invalidation waits for a mapping to be dropped.</summary>
    private bool HasEndedLocked() => _retired == _timeline.Issued && _unmapsPending.Issued == _unmapsDone && _readyDrains == 0;

    /// <summary>Finds a running command for which this call of the driver was requested.</summary>
    private bool TryTakeLocked(DeviceRequests request)
    {
        for (DeviceSlot<TCommand>? slot = OldestLocked(); slot is not null; slot = NextLocked(slot))
        {
            if ((slot.Requests & request) != 0 && slot.Phase == DeviceSlotPhase.Running)
            {
                slot.Requests &= ~request;
                _batch[0] = new DeviceCommand<TCommand>(this, slot.Point, slot.Command);
                return true;
            }
        }

        _requests &= ~request;
        return false;
    }

    /// <summary>
    /// Fills the batch with the commands that may start now: it is their turn, their dependencies have signaled, and no range of theirs is
    /// being invalidated.
    /// </summary>
    private int TakeBatchLocked()
    {
        _batchTimeout = TimeSpan.MaxValue;
        if (_isUnordered)
        {
            return TakeUnorderedBatchLocked();
        }

        int count = 0;
        while (count < _batch.Length && _taken - _retired < (ulong)_options.Depth && _taken != _timeline.Issued)
        {
            ulong point = _taken + 1;
            DeviceSlot<TCommand> slot = SlotOf(point);
            if (slot.Holds > 0 || (slot.Phase == DeviceSlotPhase.Queued && IsHeldBackLocked(slot)))
            {
                break;
            }

            _taken = point;
            if (slot.Phase == DeviceSlotPhase.Queued)
            {
                MarkRunningLocked(slot);
                _batch[count++] = new DeviceCommand<TCommand>(this, point, slot.Command);
            }
        }

        return count;
    }
}
