// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

// A queue whose commands start and complete in any order. What differs from a queue in order:
//
//                    in order                                  in any order
//                    --------                                  ------------
//   fence            a point of the queue's timeline           the next point of the slot's own timeline
//   slot             follows from the point                    any free slot; the point contains its index, see PointOf
//   waiting          all commands that wait, by their points;  only commands that are ready: a command is appended to the
//                    the first delays those behind it          list of ready commands when its last hold is released
//   retiring         a run of finished commands at the head    each command by itself
//   _timeline        the fences                                one point per submission; it signals when this command and all
//                                                              before it have ended; DrainAsync waits for it
//
// In both kinds of queue, _taken counts the commands that no longer wait to be started, and _retired those that have ended.
public sealed partial class DeviceQueue<TCommand>
{
    private readonly bool _isUnordered;
    private readonly int _slotBits;          // log2 of the number of slots
    private readonly Stack<DeviceSlot<TCommand>> _freeSlots; // under the lock, like all fields below; empty in a queue in order
    private readonly Queue<DeviceSlot<TCommand>> _ready;     // the commands that the pump takes from
    private readonly Queue<DeviceSlot<TCommand>> _ended;     // the commands that have ended and whose fence is not signaled
    private DeviceSlot<TCommand>? _oldest;   // the list of all commands that have not ended, in the order of their submission
    private DeviceSlot<TCommand>? _newest;
    private ulong _starts;                   // the number of commands that were started

    /// <summary>The work that remains outside the lock after a command has ended.</summary>
    private readonly record struct Aftermath(ulong Drained, bool MustPump, bool HasReadyDrains);

    /// <summary>The public number of a command: unique for the life of the queue, with the index of the slot in the low bits.</summary>
    private ulong PointOf(DeviceSlot<TCommand> slot, ulong round) => (round << _slotBits) | (uint)slot.Index;

    /// <summary>Under the lock: the oldest command that has not ended, for both kinds of queue.</summary>
    private DeviceSlot<TCommand>? OldestLocked() =>
        _isUnordered ? _oldest : _retired == _timeline.Issued ? null : SlotOf(_retired + 1);

    /// <summary>Under the lock: the command that was submitted after one that has not ended.</summary>
    private DeviceSlot<TCommand>? NextLocked(DeviceSlot<TCommand> slot) =>
        _isUnordered ? slot.Next : slot.Point == _timeline.Issued ? null : SlotOf(slot.Point + 1);

    /// <summary>Under the lock, when there is room: takes a free slot, and appends it to the list of commands.</summary>
    private DeviceSlot<TCommand> TakeFreeSlotLocked()
    {
        DeviceSlot<TCommand> slot = _freeSlots.Pop();
        slot.Point = PointOf(slot, slot.Timeline!.Issue().Point);
        slot.Start = 0;
        slot.Previous = _newest;
        slot.Next = null;
        (_newest is null ? ref _oldest : ref _newest.Next) = slot;
        _newest = slot;
        return slot;
    }

    /// <summary>Under the lock: appends a command without holds to the list from which the pump takes.</summary>
    private void AddReadyLocked(DeviceSlot<TCommand> slot)
    {
        Debug.Assert(!slot.IsReady, "A command stands in the chain once.");
        slot.IsReady = true;
        _ready.Enqueue(slot);
    }

    private int TakeUnorderedBatchLocked()
    {
        int count = 0;
        while (count < _batch.Length && _taken - _retired < (ulong)_options.Depth && _ready.TryDequeue(out DeviceSlot<TCommand>? slot))
        {
            slot.IsReady = false;
            if (slot.Holds > 0 || (slot.Phase == DeviceSlotPhase.Queued && IsHeldBackLocked(slot)))
            {
                continue; // a thread cancels it, or its range is being invalidated: it is appended again when its last hold is released
            }

            _taken++;
            if (slot.Phase == DeviceSlotPhase.Queued)
            {
                MarkRunningLocked(slot);
                _batch[count++] = new DeviceCommand<TCommand>(this, slot.Point, slot.Command);
            }
            else
            {
                _ended.Enqueue(slot); // it was canceled, or failed, before its start
            }
        }

        return count;
    }

    /// <summary>Under the lock. From here on a call of TrySchedule for the command's ranges finds it running.</summary>
    private void MarkRunningLocked(DeviceSlot<TCommand> slot)
    {
        slot.Phase = DeviceSlotPhase.Running;
        slot.SeenSince = NotSeen;
        slot.Start = ++_starts;
        _batchTimeout = Least(_batchTimeout, slot.HangTimeout);
    }

    /// <summary>
    /// Under the lock: ends a command that the driver has reported. True: its fence is signaled and its slot is free. False: the caller must
    /// call <see cref="Retire"/>.
    /// </summary>
    private bool TryEndAloneLocked(DeviceSlot<TCommand> slot, Exception? fault, out Aftermath aftermath)
    {
        aftermath = default;
        if (fault is null && slot.Timeline!.TrySignalQuietly(slot.Point >> _slotBits))
        {
            aftermath = RetireLocked(slot);
            return true;
        }

        slot.Phase = DeviceSlotPhase.Finished;
        slot.Fault = fault;
        _ended.Enqueue(slot);
        return false;
    }

    /// <summary>Signals the fences of commands that have ended. Several threads may do this at the same time, each for a different command.</summary>
    private void RetireUnordered()
    {
        while (TryTakeEnded(out DeviceSlot<TCommand>? slot))
        {
            Signal(slot.Timeline!, slot.Point >> _slotBits, slot.Fault);
            Aftermath aftermath = default;
            using (_lock.EnterScope())
            {
                if (_lostReason is null) // otherwise AbandonLocked has counted it
                {
                    _faulted += slot.Fault is null ? 0 : 1;
                    aftermath = RetireLocked(slot);
                }
            }

            Settle(aftermath);
        }
    }

    private bool TryTakeEnded([NotNullWhen(true)] out DeviceSlot<TCommand>? slot)
    {
        using SpinningLock.Scope scope = _lock.EnterScope();
        slot = null;
        return _lostReason is null && _ended.TryDequeue(out slot);
    }

    /// <summary>Under the lock: frees the slot of a command whose fence is signaled.</summary>
    private Aftermath RetireLocked(DeviceSlot<TCommand> slot)
    {
        DeviceSlot<TCommand>? before = slot.Previous;
        DeviceSlot<TCommand>? after = slot.Next;
        ulong drained = 0;
        (before is null ? ref _oldest : ref before.Next) = after;
        (after is null ? ref _newest : ref after.Previous) = before;
        if (before is null)
        {
            drained = after is null ? _timeline.Issued : after.Sequence - 1;
        }

        bool hasReadyDrains = slot.Start != 0 && NoteEndLocked(slot);
        Free(slot);
        slot.Previous = null;
        slot.Next = null;
        _freeSlots.Push(slot);
        _retired++;
        return new Aftermath(drained, WorkLocked() != Work.None && TryBeginPumpLocked(), hasReadyDrains);
    }

    private void Settle(in Aftermath aftermath)
    {
        if (aftermath.Drained != 0)
        {
            _timeline.Signal(aftermath.Drained); // may be late: then another thread has signaled a later point
        }

        if (aftermath.HasReadyDrains)
        {
            SignalDrains();
        }

        DispatchPumpIf(aftermath.MustPump);
    }

    /// <summary>Under the lock: empties the lists after a loss has ended all commands.</summary>
    private void ForgetUnorderedLocked()
    {
        _oldest = null;
        _newest = null;
        _ended.Clear();
        _ready.Clear();
    }

    /// <summary>Faults the fences of a lost queue without order.</summary>
    private void PoisonUnordered(Exception reason)
    {
        foreach (DeviceSlot<TCommand> slot in _slots)
        {
            slot.Timeline?.Poison(reason);
        }

        foreach (Drain drain in _drains)
        {
            drain.Timeline.Poison(reason);
        }
    }

    private void DisposeUnordered()
    {
        foreach (DeviceSlot<TCommand> slot in _slots)
        {
            slot.Timeline?.Dispose();
        }

        foreach (Drain drain in _drains)
        {
            drain.Timeline.Dispose();
        }
    }

    /// <summary>Finds the queue and the slot of a fence, through the timeline of the slot.</summary>
    private sealed class SlotCommand(DeviceQueue<TCommand> queue, DeviceSlot<TCommand> slot) : IFenceProducer
    {
        internal DeviceQueue<TCommand> Queue => queue;

        internal DeviceSlot<TCommand> Slot => slot;

        public void DescribeHolders(ulong point, List<FenceHolder> holders) => queue.DescribeHolder(slot, point, holders);

        public void HelpSleeper() => queue.HelpSleeper();
    }
}
