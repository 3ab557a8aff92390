// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

// The way out: reports of the driver in any order, signals in order.
public sealed partial class DeviceQueue<TCommand>
{
    private bool _retiring; // under the gate: a thread is signaling; it takes along what others report meanwhile

    internal bool Finish(ulong point, Exception? fault)
    {
        DeviceSlot<TCommand> slot = SlotOf(point);
        _gate.EnterShielded();
        try
        {
            if (slot.Point != point || slot.Phase != DeviceSlotPhase.Running)
            {
                _strays++;
                return false;
            }

            slot.Phase = DeviceSlotPhase.Finished;
            slot.Fault = fault;
        }
        finally
        {
            _gate.Exit();
        }

        Retire();
        return true;
    }

    /// <summary>Signals, in order, what is finished at the head. One thread at a time does so, outside the gate.</summary>
    private void Retire()
    {
        bool mine = false;
        bool retired = false;
        while (TryTakeFinished(ref mine, out ulong last, out Exception? fault))
        {
            retired = true;
            if (fault is null)
            {
                _timeline.Signal(last);
            }
            else
            {
                _timeline.Signal(last, fault);
            }
        }

        if (retired)
        {
            Kick(); // there is room at the device, or it was the last one
        }
    }

    /// <summary>A run of finished commands with one outcome: they can be signaled by one store.</summary>
    private bool TryTakeFinished(ref bool mine, out ulong last, out Exception? fault)
    {
        _gate.EnterShielded();
        try
        {
            AssertInvariantsLocked();
            last = _retired;
            fault = null;
            if (_retiring && !mine)
            {
                return false;
            }

            if (_lostReason is not null)
            {
                // What the loss found pending faults with it, finished or not; FaultEverything is its signal. Otherwise a command that
                // stood behind a canceled one would read as if the device had never been lost.
                _retiring = false;
                mine = false;
                return false;
            }

            while (last < _taken)
            {
                DeviceSlot<TCommand> slot = SlotOf(last + 1);
                if (slot.Phase != DeviceSlotPhase.Finished || (last > _retired && !ReferenceEquals(slot.Fault, fault)))
                {
                    break;
                }

                Debug.Assert(slot.Holds == 0, "The pump takes no command whose dependencies are under way.");
                last++;
                fault = slot.Fault;
                slot.Phase = DeviceSlotPhase.Free;
                slot.Command = default!;
                slot.Fault = null;
                _faulted += fault is null ? 0 : 1;
            }

            mine = last != _retired;
            _retiring = mine;
            _retired = last;
            return mine;
        }
        finally
        {
            _gate.Exit();
        }
    }
}
