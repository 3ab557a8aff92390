// SPDX-License-Identifier: MIT
namespace FenceKit;

// The pump is the loop that calls the driver. It takes one step after the other, on one thread at a time, so calls of the driver never
// overlap.
public sealed partial class DeviceQueue<TCommand>
{
    private readonly DeviceCommand<TCommand>[] _batch; // used only by the pump
    private readonly PumpItem _pumpItem;
    private readonly DeviceThread? _thread; // null unless the dispatch is DedicatedThread
    private readonly RangeWait _rangeWait;
    private bool _pumpWaits;     // the pump is queued to the thread pool; cleared under the lock by the thread that runs it
    private bool _pumping;       // under the lock: a thread runs the pump, or it is queued
    private TimeSpan _batchTimeout; // under the lock: the shortest time limit among the commands of the batch
    private DeviceRequests _requests; // under the lock: what some slot has in its Requests
    private Fence _rangeBlocker; // under the lock: the end of the session that the head of the queue waits for; default for none
    private Exception? _mustReset; // under the lock: the reason for a reset that was requested; null for none
    private bool _lossNotified;   // under the lock: the step NotifyLoss was taken, which tells the driver of the loss
    private bool _closeCalled;   // under the lock
    private bool _inDriver;      // under the lock: a call into the driver has not returned
    private long _driverCalls;   // under the lock

    /// <summary>Under the lock: claims the pump. True: the caller must call <see cref="DispatchPumpIf"/>, outside the lock.</summary>
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
        _lock.Enter();
        bool mustPump = WorkLocked() != Work.None && TryBeginPumpLocked();
        _lock.Exit();
        DispatchPumpIf(mustPump);
    }

    private void DispatchPumpIf(bool mustPump)
    {
        if (mustPump && _isInline)
        {
            RunPump();
        }
        else if (mustPump)
        {
            DispatchPumpElsewhere();
        }
    }

    private void DispatchPumpElsewhere()
    {
        if (_thread is not null)
        {
            _thread.Wake();
        }
        else
        {
            Volatile.Write(ref _pumpWaits, true); // before the item is queued; cleared under the lock by the thread that runs it
            FenceContract.QueueToPool(_pumpItem, preferLocal: true); // the local queue, as in Task.Run: it is cheaper, and other workers steal from it
        }
    }

    /// <summary>
    /// Under the lock: starts a new command directly if it is next and no other work is pending, which saves the steps of the pump. True: the
    /// command is marked as running, this thread owns the pump, and the caller must call <see cref="StartHere"/>.
    /// </summary>
    private bool TryBeginHereLocked(DeviceSlot<TCommand> slot, out bool mustWatch)
    {
        mustWatch = false;
        if (!_isInline
            || _pumping
            || (_isUnordered ? _ready.Count != 0 : _taken + 1 != slot.Point)
            || _taken - _retired >= (ulong)_options.Depth
            || (WorkLocked() & ~Work.Start) != Work.None
            || IsHeldBackLocked(slot))
        {
            return false;
        }

        MarkRunningLocked(slot);
        _taken++;
        _pumping = true;
        _inDriver = true;
        _driverCalls++;
        mustWatch = TryArmWatchdogLocked(Least(_hangTimeout, slot.HangTimeout));
        return true;
    }

    private void StartHere(ulong point, in TCommand command, bool mustWatch)
    {
        StartTimerIf(mustWatch);

        DeviceCommand<TCommand> alone = new(this, point, command);
        try
        {
            using (BeginSignaling(_timeline))
            {
                _driver.Start(new ReadOnlySpan<DeviceCommand<TCommand>>(in alone));
            }
        }
        catch (Exception exception)
        {
            Lose(exception);
        }

        if (!TryStopPump())
        {
            RunPump();
        }
    }

    /// <summary>Stops the pump if no work is pending. Both happen in one critical section, so that no event is missed.</summary>
    private bool TryStopPump()
    {
        _lock.Enter();
        bool stops = WorkLocked() == Work.None;
        _pumping = !stops;
        _inDriver = false;
        _lock.Exit();
        return stops;
    }

    private void RunPump() => RunPump(mustTake: false);

    /// <param name="mustTake">
    /// True when the pump was queued to the thread pool: another thread may have taken it already, and then this call does nothing.
    /// </param>
    private void RunPump(bool mustTake)
    {
        while (TryTakeStep(ref mustTake, out Work step, out int count, out PendingUnmap unmap, out Attachment? leaver))
        {
            try
            {
                Perform(step, count, unmap, leaver);
            }
            catch (Exception exception)
            {
                // The state of the device is unknown now. The next step calls OnLost, unless this step was OnLost or Close.
                TryGiveUp(exception, evenIfClosed: step == Work.Close);
                if (step is Work.NotifyLoss or Work.Close)
                {
                    FaultEverything(hasStopped: false);
                }

                if (step == Work.Close)
                {
                    _closed.TrySetResult();
                }
            }
        }
    }

    private void Perform(Work step, int count, PendingUnmap unmap, Attachment? leaver)
    {
        switch (step)
        {
            case Work.NotifyLoss:
                _driver.OnLost(LostReason!);
                FaultEverything(hasStopped: !_driver.HasRunBaseOnLost);
                break;
            case Work.Reset:
                Reset();
                break;
            case Work.Cancel:
                using (BeginSignaling(_timeline))
                {
                    _driver.Cancel(in _batch[0]);
                }

                _batch[0] = default;
                break;
            case Work.Ask:
                AskWhetherHung(in _batch[0]);
                _batch[0] = default;
                break;
            case Work.Unmap:
                using (BeginSignaling(_unmapsPending))
                {
                    _driver.Unmap(unmap.Range);
                }

                FinishUnmap(unmap);
                break;
            case Work.Detach:
                FinishDetach(leaver!);
                break;
            case Work.Start:
                using (BeginSignaling(_timeline))
                {
                    _driver.Start(_batch.AsSpan(0, count));
                }

                _batch.AsSpan(0, count).Clear();
                break;
            case Work.Retire:
                Retire();
                break;
            case Work.Close:
                Close();
                break;
        }
    }

    /// <summary>
    /// Opens a signaling section around a call of the driver: the fences of its commands, or those of invalidations, signal only if the call
    /// returns. OnLost and Close need none: the fences fault even if these calls do not return.
    /// </summary>
    private static FenceContractScope BeginSignaling(FenceTimeline timeline) => FenceContract.BeginSignaling(timeline.ContractMap, file: null, line: 0);

    private void OnRangeReleased()
    {
        _lock.Enter();
        _rangeBlocker = default;
        _lock.Exit();
        Kick();
    }

    /// <summary>
    /// Called when a thread of the thread pool has blocked for a while on a fence of the queue. If the pump is queued to the pool, all threads
    /// of the pool may be blocked by fences of this queue. So the pump gets a new thread this time.
    /// </summary>
    private void HelpSleeper()
    {
        if (Volatile.Read(ref _pumpWaits))
        {
            Thread thread = new(static queue => ((DeviceQueue<TCommand>)queue!).RunPump(mustTake: true)) { IsBackground = true, Name = Name };
            thread.UnsafeStart(this);
        }
    }

    private sealed class PumpItem(DeviceQueue<TCommand> queue) : IThreadPoolWorkItem
    {
        public void Execute() => queue.RunPump(mustTake: true);
    }

    private sealed class RangeWait(DeviceQueue<TCommand> queue) : FenceCallback
    {
        protected override void OnSignaled(FenceStatus status, Exception? fault) => queue.OnRangeReleased();
    }
}
