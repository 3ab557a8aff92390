// SPDX-License-Identifier: MIT
namespace FenceKit;

// The pump: one step after the other, on one thread at a time, so that the driver is never called twice at once.
public sealed partial class DeviceQueue<TCommand>
{
    private readonly DeviceCommand<TCommand>[] _batch; // the pump's own
    private readonly PumpItem _pumpItem;
    private readonly DeviceThread? _thread; // null unless the queue has one of its own
    private readonly RangeWait _rangeWait;
    private bool _pumpWaits;     // the pump stands in the list of the pool: cleared under the lock by the one thread that takes it
    private bool _pumping;       // under the lock: a thread runs the pump, or is about to
    private TimeSpan _batchTimeout; // under the lock: the least that a command of the batch may take
    private bool _mustCancel;    // under the lock: some slot has MustCancel set
    private Fence _rangeBlocker; // under the lock: what the head of the queue waits for; default when it does not
    private Exception? _mustReset; // under the lock: why
    private bool _stoodDown;     // under the lock: the driver was told that the device is given up
    private bool _closeCalled;   // under the lock
    private bool _inDriver;      // under the lock: a call into the driver has not returned
    private long _driverCalls;   // under the lock

    /// <summary>Under the lock. True: the caller must call <see cref="DispatchPump"/>, outside it.</summary>
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
        _lock.Enter();
        mustPump = WorkLocked() != Work.None && TryBeginPumpLocked();
        _lock.Exit();
        if (mustPump)
        {
            DispatchPump();
        }
    }

    private void DispatchPump()
    {
        if (_isInline)
        {
            RunPump();
        }
        else
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
            Volatile.Write(ref _pumpWaits, true); // before the pool has it; read under the lock by the thread that takes it
            FenceContract.HandOver(_pumpItem, preferLocal: true); // as Task.Run: the cheaper list, open to all threads
        }
    }

    /// <summary>
    /// Under the lock, for a command that was just issued and whose turn it would be. True: it is running, the pump is the caller's, and the
    /// caller must call <see cref="StartHere"/>. Then it need not go through the pump's steps: there is nothing else to do.
    /// </summary>
    private bool TryBeginHereLocked(DeviceSlot<TCommand> slot, out bool mustWatch)
    {
        mustWatch = false;
        if (!_isInline
            || _pumping
            || (_isUnordered ? _ready != 0 : _taken + 1 != slot.Point)
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
        if (mustWatch)
        {
            StartTimer();
        }

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

    /// <summary>The end of the pump when nothing has come up meanwhile: no event falls between the look and the end.</summary>
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

    /// <param name="mustTake">The pump stood in the list of the pool, and another thread may have taken it: then there is nothing to do.</param>
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
                // Nobody knows what the device does now. The next step tells the driver so, unless this was the last call or that very one.
                TryGiveUp(exception, evenIfClosed: step == Work.Close);
                if (step is Work.StandDown or Work.Close)
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
            case Work.StandDown:
                _driver.OnLost(LostReason!);
                FaultEverything(hasStopped: !_driver.HasSaidNothing);
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
                AskAboutLate(in _batch[0]);
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
                LetGo(leaver!);
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
    /// The driver is on the way to a signal: of its commands, or of those who wait for it to let go. Not when it is given up or closed:
    /// then nothing waits for it that would not be faulted anyway.
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
    /// A thread of the pool sleeps for a fence of the queue. If the pump still waits for a thread of the pool, those may all sleep, and for this
    /// very queue: then it gets a thread of its own, this once.
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
