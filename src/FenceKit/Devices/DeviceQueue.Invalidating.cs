// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

// Letting go of memory. Start and schedule meet under the lock:
//
//   the pump starts a command on R                  invalidation of R
//   ------------------------------                  -----------------
//   [ lock:                                         enter R as active in the ledger
//     R active in the ledger? → wait for its end    call TrySchedule
//     otherwise mark the command as running ]       [ lock: which running commands use R? → the fence of the last ]
//
// If the pump does not see R active, the ledger changed after it looked, so the schedule comes after it and finds the command running.
public sealed partial class DeviceQueue<TCommand>
{
    private readonly FenceTimeline _unmapsPending;
    private readonly PendingUnmap[]? _unmaps; // under the lock: the one with point p stands at p % Length; null when nothing is kept
    private ulong _unmapsDone;                // under the lock
    private Fence _keptMappings;              // under the lock: of a lost device that keeps mappings, faults with the loss

    private struct PendingUnmap
    {
        public AddressRange Range;

        /// <summary>The last running command that uses the range.</summary>
        public ulong After;

        /// <summary>In a queue without order: which drain it is.</summary>
        public int Drain;
    }

    /// <summary>Phase A, on the owner's thread.</summary>
    private bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        AddressRange range = request.Overlap;
        Fence drained = default;
        bool mustPump = false;
        bool isLost;
        _lock.Enter();
        try
        {
            AssertInvariantsLocked();
            isLost = _lostReason is not null;
            if (isLost)
            {
                drained = QuarantineOfLocked(range);
            }
            else if (_isUnordered)
            {
                if (!TryDrainLocked(range, out drained, out mustPump))
                {
                    fence = default;
                    return false;
                }
            }
            else
            {
                ulong last = LastUserOfLocked(range);
                if (_unmaps is null)
                {
                    drained = last == 0 ? default : FenceOf(last);
                }
                else if (_unmapsPending.Issued - _unmapsDone < (ulong)_unmaps.Length)
                {
                    drained = _unmapsPending.Issue();
                    _unmaps[drained.Point % (ulong)_unmaps.Length] = new PendingUnmap { Range = range, After = last };
                    mustPump = TryBeginPumpLocked();
                }
                else
                {
                    fence = default;
                    return false;
                }
            }
        }
        finally
        {
            _lock.Exit();
        }

        if (mustPump)
        {
            DispatchPumpElsewhere(); // the driver's work does not belong inside a schedule
        }

        if (isLost)
        {
            fence = drained; // nobody knows what the device does, so the driver has no better way to let go of a range
            return true;
        }

        return _driver.TrySchedule(in request, drained, out fence);
    }

    /// <summary>
    /// Of a device that is lost: a fence that is pending until the driver has been told, and faulted from then on. <c>default</c> when the
    /// device does not touch the range, or has stopped.
    /// </summary>
    private Fence QuarantineOfLocked(AddressRange range)
    {
        if (_hasStopped)
        {
            return default;
        }

        if (_unmaps is not null)
        {
            return _keptMappings;
        }

        ulong last = LastUserOfLocked(range);
        foreach (DeviceSlot<TCommand> slot in _slots)
        {
            last = last == 0 && slot.Phase == DeviceSlotPhase.Abandoned && slot.Uses(range) ? slot.Point : last;
        }

        return last == 0 ? default : FenceOf(last);
    }

    private ulong LastUserOfLocked(AddressRange range)
    {
        if (_isUnordered)
        {
            return AnyUserOfLocked(range);
        }

        for (ulong point = _taken; point > _retired; point--)
        {
            DeviceSlot<TCommand> slot = SlotOf(point);
            if (slot.Phase == DeviceSlotPhase.Running && slot.Uses(range))
            {
                return point;
            }
        }

        return 0;
    }

    private bool TryPeekUnmapLocked(out PendingUnmap unmap)
    {
        unmap = default;
        if (_isUnordered)
        {
            return _unmaps is not null && TryTakeDrainLocked(out unmap.Drain, out unmap.Range);
        }

        if (_unmaps is null || _unmapsPending.Issued == _unmapsDone)
        {
            return false;
        }

        unmap = _unmaps[(_unmapsDone + 1) % (ulong)_unmaps.Length];
        return unmap.After <= _retired;
    }

    private void FinishUnmap(in PendingUnmap unmap)
    {
        if (_isUnordered)
        {
            SignalDrain(unmap.Drain);
            return;
        }

        ulong point;
        _lock.Enter();
        point = ++_unmapsDone;
        _lock.Exit();
        _unmapsPending.Signal(point);
    }

    /// <summary>Whether a range of the command is being invalidated. If so, the pump is kicked when that is over.</summary>
    private bool IsHeldBackLocked(DeviceSlot<TCommand> slot)
    {
        foreach (AddressRange range in slot.Ranges.AsSpan(0, slot.RangeCount))
        {
            foreach (Attachment attachment in _attachments)
            {
                // When the session that is in the way has ended meanwhile, another one may be.
                while (attachment.Range.Overlaps(range)
                    && !attachment.Notifier.Ledger.TryBeginRead(attachment.Range.Intersect(range), attachment.Owner, out _, out Fence blocker))
                {
                    if (_isUnordered ? TryHoldBackLocked(slot, blocker) : TryWaitLocked(blocker))
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

    /// <summary>Has a command wait for an invalidation, in a queue in which a command that waits holds up no other.</summary>
    private static bool TryHoldBackLocked(DeviceSlot<TCommand> slot, Fence blocker)
    {
        slot.RangeWait!.Blocker = blocker;
        slot.IsHeldBack = blocker.TryAddCallback(slot.RangeWait);
        slot.Holds += slot.IsHeldBack ? 1 : 0;
        return slot.IsHeldBack;
    }

    /// <summary>False when the blocker has ended meanwhile and the ledger must be asked again.</summary>
    private bool TryWaitLocked(Fence blocker)
    {
        if (_rangeBlocker == blocker)
        {
            return true;
        }

        if (_rangeBlocker != default && _rangeBlocker.TryRemoveCallback(_rangeWait) != FenceCallbackRemoval.Removed)
        {
            return true; // it is on its way here, and will look again
        }

        _rangeBlocker = blocker.TryAddCallback(_rangeWait) ? blocker : default;
        return _rangeBlocker != default;
    }
}
