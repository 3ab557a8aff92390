// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

// Completion: the driver reports commands in any order, and the queue signals their fences in order. For a queue without order see
// DeviceQueue.Unordered.cs.
public sealed partial class DeviceQueue<TCommand>
{
    private bool _retiring; // under the lock: a thread is signaling; it also signals what other threads report in the meantime

    internal bool Finish(ulong point, Exception? fault)
    {
        DeviceSlot<TCommand> slot = SlotOf(point);
        bool isRetired;
        Aftermath aftermath = default;
        using (_lock.EnterScope())
        {
            AssertInvariantsLocked();
            // Commands that are pending when the device is lost fault with the loss, so a later report has no effect.
            if (slot.Point != point || slot.Phase != DeviceSlotPhase.Running || _lostReason is not null)
            {
                _strays++;
                return false;
            }

            if (_isUnordered)
            {
                isRetired = TryEndAloneLocked(slot, fault, out aftermath);
            }
            else if (isRetired = fault is null && TryRetireAloneLocked(slot))
            {
                aftermath = new Aftermath(Drained: 0, !_pumping && WorkLocked() != Work.None && TryBeginPumpLocked(), HasReadyDrains: false);
            }
            else
            {
                slot.Phase = DeviceSlotPhase.Finished;
                slot.Fault = fault;
            }
        }

        if (isRetired)
        {
            Settle(aftermath);
        }
        else
        {
            Retire();
        }

        return true;
    }

    /// <summary>
    /// Signals the fence of a command in the usual case: the command is next in turn and succeeded, the command behind it has not ended, and
    /// nobody waits for the fence. Then signaling runs no callback, and may be done under the lock.
    /// </summary>
    private bool TryRetireAloneLocked(DeviceSlot<TCommand> slot)
    {
        ulong point = slot.Point;
        if (_retiring
            || point != _retired + 1
            || (point != _taken && SlotOf(point + 1).Phase == DeviceSlotPhase.Finished)
            || !_timeline.TrySignalQuietly(point))
        {
            return false;
        }

        Free(slot);
        _retired = point;
        return true;
    }

    /// <summary>
    /// Signals the fences of the finished commands at the head of the queue, in order, outside the lock. One thread at a time does this.
    /// </summary>
    private void Retire()
    {
        if (_isUnordered)
        {
            RetireUnordered();
            return;
        }

        bool mine = false;
        bool mustPump;
        while (TryTakeFinished(ref mine, out ulong last, out Exception? fault, out mustPump))
        {
            Signal(_timeline, last, fault);
        }

        DispatchPumpIf(mustPump); // there is room at the device, or the last command has ended
    }

    /// <summary>Takes a run of finished commands at the head that have the same outcome: one signal completes all of them.</summary>
    private bool TryTakeFinished(ref bool mine, out ulong last, out Exception? fault, out bool mustPump)
    {
        using SpinningLock.Scope scope = _lock.EnterScope();
        AssertInvariantsLocked();
        last = _retired;
        fault = null;
        mustPump = false;
        if (_retiring && !mine)
        {
            return false;
        }

        // Commands that were pending when the device was lost fault with the loss, finished or not: FaultEverything signals them.
        // Signaled here, a command behind a canceled one would end as if the device had never been lost.
        while (last < _taken && _lostReason is null)
        {
            DeviceSlot<TCommand> slot = SlotOf(last + 1);
            if (slot.Phase != DeviceSlotPhase.Finished || (last > _retired && !ReferenceEquals(slot.Fault, fault)))
            {
                break;
            }

            last++;
            fault = slot.Fault;
            _faulted += fault is null ? 0 : 1;
            Free(slot);
        }

        _retiring = last != _retired;
        _retired = last;
        mustPump = mine && !_retiring && WorkLocked() != Work.None && TryBeginPumpLocked();
        mine = _retiring;
        return mine;
    }

    private static void Signal(FenceTimeline timeline, ulong point, Exception? fault)
    {
        if (fault is null)
        {
            timeline.Signal(point);
        }
        else
        {
            timeline.Signal(point, fault);
        }
    }

    private static void Free(DeviceSlot<TCommand> slot)
    {
        Debug.Assert(slot.Holds == 0, "The pump takes no command whose dependencies are under way.");
        slot.Phase = DeviceSlotPhase.Free;
        slot.Command = default!;
        slot.Fault = null;
        foreach (DeviceDependency<TCommand> dependency in slot.Dependencies.AsSpan(0, slot.DependencyCount))
        {
            dependency.Fence = default; // so that the slot does not keep the timeline alive
            dependency.Forget();
        }

        slot.DependencyCount = 0;
    }
}
