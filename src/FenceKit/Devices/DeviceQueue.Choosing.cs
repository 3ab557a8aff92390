// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

// What the pump does next. All of it is decided under the gate.
public sealed partial class DeviceQueue<TCommand>
{
    /// <summary>Chooses what to do next. When there is nothing, the pump stops in the same critical section: no event falls between.</summary>
    /// <param name="mustTake">As in <see cref="RunPump(bool)"/>; false once the pump is ours.</param>
    /// <param name="step">What to do.</param>
    /// <param name="count">How many commands of the batch to start.</param>
    /// <param name="unmap">What to unmap.</param>
    /// <param name="leaver">The attachment that goes.</param>
    private bool TryTakeStep(ref bool mustTake, out Step step, out int count, out PendingUnmap unmap, out Attachment? leaver)
    {
        bool mustWatch = false;
        _gate.Enter();
        try
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
            if (!TryChooseLocked(out step, out count, out unmap, out leaver))
            {
                _pumping = false;
                return false;
            }

            if (step != Step.Retire && (step != Step.Detach || _unmaps is not null))
            {
                _inDriver = true;
                _driverCalls++;
                mustWatch = TryArmWatchdogLocked(step == Step.Start ? Least(_hangTimeout, _batchTimeout) : _hangTimeout);
            }
        }
        finally
        {
            _gate.Exit();
        }

        if (mustWatch)
        {
            StartTimer();
        }

        return true;
    }

    private bool TryChooseLocked(out Step step, out int count, out PendingUnmap unmap, out Attachment? leaver)
    {
        count = 0;
        unmap = default;
        leaver = null;
        if (_lostReason is not null)
        {
            step = _stoodDown ? Step.Close : Step.StandDown;
            bool chosen = !_closeCalled && (!_stoodDown || _closing);
            _closeCalled |= _stoodDown && chosen;
            _stoodDown = true;
            return chosen;
        }

        if (_mustReset is not null)
        {
            step = Step.Reset;
            return true;
        }

        if (TryTakeCancelLocked())
        {
            step = Step.Cancel;
            return true;
        }

        if (TryTakeLateLocked())
        {
            step = Step.Ask;
            return true;
        }

        if (TryPeekUnmapLocked(out unmap))
        {
            step = Step.Unmap;
            return true;
        }

        if (TryFindLeaverLocked(out leaver))
        {
            step = Step.Detach;
            return true;
        }

        count = HasFinishedHeadLocked() ? 0 : TakeBatchLocked();
        if (count > 0)
        {
            step = Step.Start;
            return true;
        }

        if (HasFinishedHeadLocked())
        {
            step = Step.Retire;
            return true;
        }

        step = Step.Close;
        if (_closing && !_closeCalled && _retired == _timeline.Issued && _unmapsPending.Issued == _unmapsDone && _readyDrains == 0)
        {
            _closeCalled = true;
            return true;
        }

        return false;
    }

    private bool TryTakeCancelLocked()
    {
        if (!_mustCancel)
        {
            return false;
        }

        for (DeviceSlot<TCommand>? slot = OldestLocked(); slot is not null; slot = NextLocked(slot))
        {
            if (slot.MustCancel && slot.Phase == DeviceSlotPhase.Running)
            {
                slot.MustCancel = false;
                _batch[0] = new DeviceCommand<TCommand>(this, slot.Point, slot.Command);
                return true;
            }
        }

        _mustCancel = false;
        return false;
    }

    /// <summary>A command that has used up its time, for the driver to be asked about.</summary>
    private bool TryTakeLateLocked()
    {
        if (!_mustAsk)
        {
            return false;
        }

        for (DeviceSlot<TCommand>? slot = OldestLocked(); slot is not null; slot = NextLocked(slot))
        {
            if (slot.MustAsk && slot.Phase == DeviceSlotPhase.Running)
            {
                slot.MustAsk = false;
                _batch[0] = new DeviceCommand<TCommand>(this, slot.Point, slot.Command);
                return true;
            }
        }

        _mustAsk = false;
        return false;
    }

    /// <summary>Moves commands from the channel to the device, as far as their turn, their dependencies and their ranges allow.</summary>
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
            ulong point = _taken + 1; // what stands first in the channel: every point goes there in the critical section that issues it
            DeviceSlot<TCommand> slot = SlotOf(point);
            if (slot.Holds > 0 || (slot.Phase == DeviceSlotPhase.Queued && IsHeldBackLocked(slot)))
            {
                break;
            }

            bool read = _channel.Reader.TryRead(out ulong first);
            Debug.Assert(read && first == point, "Only the pump reads.");
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
