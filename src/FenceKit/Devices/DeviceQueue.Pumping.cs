// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

// The pump: one step after the other, on one thread at a time, so that the driver is never called twice at once.
public sealed partial class DeviceQueue<TCommand>
{
    private readonly DeviceCommand<TCommand>[] _batch; // the pump's own
    private readonly PumpItem _pumpItem;
    private readonly RangeWait _rangeWait;
    private bool _pumping;       // under the gate: a thread runs the pump, or is about to
    private bool _mustCancel;    // under the gate: some slot has MustCancel set
    private Fence _rangeBlocker; // under the gate: what the head of the queue waits for; default when it does not
    private Exception? _mustReset; // under the gate: why
    private bool _stoodDown;     // under the gate: the driver was told that the device is given up
    private bool _closeCalled;   // under the gate
    private bool _inDriver;      // under the gate: a call into the driver has not returned
    private long _driverCalls;   // under the gate

    private enum Step
    {
        /// <summary>Tell the driver that the device is given up, then fault everything.</summary>
        StandDown,
        Reset,
        Cancel,
        Unmap,
        Start,

        /// <summary>Commands finished without having been started.</summary>
        Retire,
        Close,
    }

    /// <summary>Under the gate. True: the caller must call <see cref="DispatchPump"/>, outside it.</summary>
    private bool TryBeginPumpLocked()
    {
        if (_pumping || _closeCalled)
        {
            return false;
        }

        _pumping = true;
        return true;
    }

    private void Kick()
    {
        bool mustPump;
        _gate.EnterShielded();
        mustPump = TryBeginPumpLocked();
        _gate.Exit();
        if (mustPump)
        {
            DispatchPump();
        }
    }

    private void DispatchPump()
    {
        if (_options.Dispatch == DeviceDispatch.Inline)
        {
            RunPump();
        }
        else
        {
            DispatchPumpElsewhere();
        }
    }

    private void DispatchPumpElsewhere() => ThreadPool.UnsafeQueueUserWorkItem(_pumpItem, preferLocal: false);

    private void RunPump()
    {
        while (TryTakeStep(out Step step, out int count, out PendingUnmap unmap))
        {
            try
            {
                Perform(step, count, unmap);
            }
            catch (Exception exception)
            {
                // Nobody knows what the device does now. The next step tells the driver so, unless that was the very call that threw.
                Lose(exception);
                if (step == Step.StandDown)
                {
                    FaultEverything(isQuiesced: false);
                }
            }
        }
    }

    private void Perform(Step step, int count, PendingUnmap unmap)
    {
        switch (step)
        {
            case Step.StandDown:
                _driver.OnLost(LostReason!);
                FaultEverything(isQuiesced: true);
                break;
            case Step.Reset:
                Reset();
                break;
            case Step.Cancel:
                using (BeginSignaling(_timeline))
                {
                    _driver.Cancel(in _batch[0]);
                }

                _batch[0] = default;
                break;
            case Step.Unmap:
                using (BeginSignaling(_unmapsPending))
                {
                    _driver.Unmap(unmap.Range);
                }

                FinishUnmap();
                break;
            case Step.Start:
                using (BeginSignaling(_timeline))
                {
                    _driver.Start(_batch.AsSpan(0, count));
                }

                _batch.AsSpan(0, count).Clear();
                Retire(); // some may have failed before their start
                break;
            case Step.Retire:
                Retire();
                break;
            case Step.Close:
                try
                {
                    _driver.Close();
                }
                finally
                {
                    _closed.TrySetResult();
                }

                break;
        }
    }

    /// <summary>
    /// The driver is on the way to a signal: of its commands, or of those who wait for it to let go. Not when it is given up or closed:
    /// then nothing waits for it that would not be faulted anyway.
    /// </summary>
    private static FenceContractScope BeginSignaling(FenceTimeline timeline) => FenceContract.BeginSignaling(timeline.ContractMap, file: null, line: 0);

    /// <summary>Chooses what to do next. When there is nothing, the pump stops in the same critical section: no event falls between.</summary>
    private bool TryTakeStep(out Step step, out int count, out PendingUnmap unmap)
    {
        bool mustWatch = false;
        count = 0;
        unmap = default;
        _gate.EnterShielded();
        try
        {
            AssertInvariantsLocked();
            Debug.Assert(_pumping, "Only the pump takes steps.");
            _inDriver = false;
            if (!TryChooseLocked(out step, out count, out unmap))
            {
                _pumping = false;
                return false;
            }

            if (step != Step.Retire)
            {
                _inDriver = true;
                _driverCalls++;
                mustWatch = TryArmWatchdogLocked();
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

    private bool TryChooseLocked(out Step step, out int count, out PendingUnmap unmap)
    {
        count = 0;
        unmap = default;
        if (_lostReason is not null)
        {
            step = _stoodDown ? Step.Close : Step.StandDown;
            bool chosen = !_stoodDown || (_closing && !_closeCalled);
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

        if (TryPeekUnmapLocked(out unmap))
        {
            step = Step.Unmap;
            return true;
        }

        ulong before = _taken;
        count = TakeBatchLocked();
        if (count > 0 || _taken != before)
        {
            step = count > 0 ? Step.Start : Step.Retire;
            return true;
        }

        step = Step.Close;
        if (_closing && !_closeCalled && _retired == _timeline.Issued && _unmapsPending.Issued == _unmapsDone)
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

        for (ulong point = _retired + 1; point <= _taken; point++)
        {
            DeviceSlot<TCommand> slot = SlotOf(point);
            if (slot.MustCancel && slot.Phase == DeviceSlotPhase.Running)
            {
                slot.MustCancel = false;
                _batch[0] = new DeviceCommand<TCommand>(this, point, slot.Command);
                return true;
            }
        }

        _mustCancel = false;
        return false;
    }

    /// <summary>Moves commands from the channel to the device, as far as their turn, their dependencies and their ranges allow.</summary>
    private int TakeBatchLocked()
    {
        int count = 0;
        while (count < _batch.Length && _taken - _retired < (ulong)_options.Depth && _channel.Reader.TryPeek(out ulong point))
        {
            DeviceSlot<TCommand> slot = SlotOf(point);
            if (slot.Holds > 0 || (slot.Phase == DeviceSlotPhase.Queued && IsHeldBackLocked(slot)))
            {
                break;
            }

            bool read = _channel.Reader.TryRead(out _);
            Debug.Assert(read, "Only the pump reads.");
            _taken = point;
            if (slot.Phase == DeviceSlotPhase.Queued)
            {
                // From here on a schedule that overlaps its ranges sees it running: both happen under the gate.
                slot.Phase = DeviceSlotPhase.Running;
                _batch[count++] = new DeviceCommand<TCommand>(this, point, slot.Command);
            }
        }

        return count;
    }

    private void OnRangeReleased()
    {
        _gate.EnterShielded();
        _rangeBlocker = default;
        _gate.Exit();
        Kick();
    }

    private sealed class PumpItem(DeviceQueue<TCommand> queue) : IThreadPoolWorkItem
    {
        public void Execute() => queue.RunPump();
    }

    private sealed class RangeWait(DeviceQueue<TCommand> queue) : FenceCallback
    {
        protected override void OnSignaled(FenceStatus status, Exception? fault) => queue.OnRangeReleased();
    }
}
