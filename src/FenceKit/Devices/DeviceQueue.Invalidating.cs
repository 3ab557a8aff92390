// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

// Releasing memory in a queue in order. The start of a command and a call of TrySchedule are ordered by the lock:
//
//   the pump starts a command on R                  invalidation of R
//   ------------------------------                  -----------------
//   [ lock:                                         enter R as active in the ledger
//     R active in the ledger? → wait for its end    call TrySchedule
//     otherwise mark the command as running ]       [ lock: which running commands use R? → the fence of the last ]
//
// If the pump does not see R active, the session entered the ledger after the pump looked. So TrySchedule takes the lock later and finds the
// command running.
public sealed partial class DeviceQueue<TCommand>
{
    private readonly FenceTimeline _unmapsPending;
    private readonly PendingUnmap[]? _unmaps; // under the lock: the entry of point p is at p % Length; null unless the driver keeps mappings
    private ulong _unmapsDone;                // under the lock
    private Fence _keptMappings;              // under the lock: for a lost device that keeps mappings; faults with the loss

    private struct PendingUnmap
    {
        public AddressRange Range;

        /// <summary>The point of the last running command that uses the range; 0 for none.</summary>
        public ulong After;

        /// <summary>In a queue without order: the index of the drain.</summary>
        public int Drain;
    }

    /// <summary>Phase A of an invalidation, on the thread of the memory's owner.</summary>
    private bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        AddressRange range = request.Overlap;
        Fence drained = default;
        bool mustPump = false;
        bool isLost;
        using (_lock.EnterScope())
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

        if (mustPump)
        {
            DispatchPumpElsewhere(); // not inline: TrySchedule must not wait for the driver
        }

        if (isLost)
        {
            fence = drained; // the state of the device is unknown, so its driver is not asked for a faster way
            return true;
        }

        return _driver.TrySchedule(in request, drained, out fence);
    }

    /// <summary>
    /// For a lost device: returns a fence that is pending until the driver has been told of the loss, and faulted afterwards. <c>default</c>
    /// when the device does not use the range, or has stopped.
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

        foreach (DeviceSlot<TCommand> slot in _slots)
        {
            if (slot.Phase is DeviceSlotPhase.Running or DeviceSlotPhase.Abandoned && slot.Uses(range))
            {
                return FenceOf(slot.Point);
            }
        }

        return default;
    }

    /// <summary>In a queue in order: the point of the last running command that uses the range; 0 for none.</summary>
    private ulong LastUserOfLocked(AddressRange range)
    {
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

    /// <summary>Whether a range of the command is being invalidated. If so, a callback starts the pump again when the session ends.</summary>
    private bool IsHeldBackLocked(DeviceSlot<TCommand> slot)
    {
        foreach (AddressRange range in slot.Ranges.AsSpan(0, slot.RangeCount))
        {
            foreach (Attachment attachment in _attachments)
            {
                // If the blocking session has ended in the meantime, the ledger must be asked again: another session may block.
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

    /// <summary>For a queue without order: lets one command wait for the end of a session, without delaying other commands.</summary>
    private static bool TryHoldBackLocked(DeviceSlot<TCommand> slot, Fence blocker)
    {
        slot.RangeWait!.Blocker = blocker;
        slot.IsHeldBack = blocker.TryAddCallback(slot.RangeWait);
        slot.Holds += slot.IsHeldBack ? 1 : 0;
        return slot.IsHeldBack;
    }

    /// <summary>
    /// For a queue in order: lets the head of the queue wait for the end of a session. False when it has ended in the meantime and the ledger
    /// must be asked again.
    /// </summary>
    private bool TryWaitLocked(Fence blocker)
    {
        if (_rangeBlocker == blocker)
        {
            return true;
        }

        if (_rangeBlocker != default && _rangeBlocker.TryRemoveCallback(_rangeWait) != FenceCallbackRemoval.Removed)
        {
            return true; // the callback is about to run, and will start the pump again
        }

        _rangeBlocker = blocker.TryAddCallback(_rangeWait) ? blocker : default;
        return _rangeBlocker != default;
    }
}
