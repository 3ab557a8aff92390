// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

// The way out: reports of the driver in any order, signals in order. For a queue without order see DeviceQueue.Unordered.cs.
public sealed partial class DeviceQueue<TCommand>
{
    private bool _retiring; // under the lock: a thread is signaling; it takes along what others report meanwhile

    internal bool Finish(ulong point, Exception? fault)
    {
        DeviceSlot<TCommand> slot = SlotOf(point);
        bool isRetired;
        bool mustPump = false;
        Aftermath aftermath = default;
        _lock.Enter();
        try
        {
            AssertInvariantsLocked();
            // What the loss finds pending faults with it, so a report that comes later decides nothing any more.
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
                mustPump = !_pumping && WorkLocked() != Work.None && TryBeginPumpLocked();
            }
            else
            {
                slot.Phase = DeviceSlotPhase.Finished;
                slot.Fault = fault;
            }
        }
        finally
        {
            _lock.Exit();
        }

        if (_isUnordered && isRetired)
        {
            Settle(aftermath);
        }
        else if (mustPump)
        {
            DispatchPump();
        }
        else if (!isRetired)
        {
            Retire();
        }

        return true;
    }

    /// <summary>
    /// The usual case: the command is next in turn, went well, the one behind it is not over yet, and nobody waits for its fence. Then
    /// signaling is one store that calls nobody, and may be done under the lock.
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

    /// <summary>Signals, in order, what is finished at the head. One thread at a time does so, outside the lock.</summary>
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
            if (fault is null)
            {
                _timeline.Signal(last);
            }
            else
            {
                _timeline.Signal(last, fault);
            }
        }

        if (mustPump)
        {
            DispatchPump(); // there is room at the device, or it was the last one
        }
    }

    /// <summary>A run of finished commands with one outcome: they can be signaled by one store.</summary>
    private bool TryTakeFinished(ref bool mine, out ulong last, out Exception? fault, out bool mustPump)
    {
        _lock.Enter();
        try
        {
            AssertInvariantsLocked();
            last = _retired;
            fault = null;
            mustPump = false;
            if (_retiring && !mine)
            {
                return false;
            }

            // What the loss found pending faults with it, finished or not; FaultEverything is its signal. Otherwise a command that stood
            // behind a canceled one would read as if the device had never been lost.
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
        finally
        {
            _lock.Exit();
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
            dependency.Fence = default; // a queue keeps no timeline alive that it does not wait for
            dependency.Forget();
        }

        slot.DependencyCount = 0;
    }
}
