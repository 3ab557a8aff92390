// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

// A queue whose commands start and complete in any order. What differs from a queue in order:
//
//                    in order                                  in any order
//                    --------                                  ------------
//   fence            a point of the one timeline               the next point of the slot's own timeline
//   slot             follows from the point                    any that is free; the point names it, see PointOf
//   the queue        all that wait, by their points; the       only those that could start at once: a command comes into the
//                    first holds up those behind it            chain of the ready when the last of its holds is released
//   the end          a run of finished commands at the head    each by itself
//   _timeline        the fences                                a point for each submission; it signals when this one and all before it
//                                                              are over, which is what draining waits for
//
// _taken and _retired count in both: commands that wait no more, and commands that are over.
public sealed partial class DeviceQueue<TCommand>
{
    private readonly bool _isUnordered;
    private readonly int _slotBits;          // the slots are 2 to the power of this
    private readonly DeviceSlot<TCommand>[] _freeSlots; // under the lock: a stack; empty for a queue in order
    private int _freeCount;                  // under the lock, like all that follows
    private int _ready;                      // how many commands nothing holds back: they stand in a chain, until the pump takes them
    private DeviceSlot<TCommand>? _firstReady;
    private DeviceSlot<TCommand>? _lastReady;
    private DeviceSlot<TCommand>? _oldest;   // the list of all commands that are not over, in the order of their submission
    private DeviceSlot<TCommand>? _newest;
    private DeviceSlot<TCommand>? _firstEnded; // the chain of those that have ended and whose fence is not signaled
    private DeviceSlot<TCommand>? _lastEnded;
    private ulong _starts;                   // how many commands were started

    /// <summary>What is to be done outside the lock when a command is over.</summary>
    private readonly record struct Aftermath(ulong Drained, bool MustPump, bool HasReadyDrains);

    /// <summary>Unique for the life of the queue, and the low bits are the slot.</summary>
    private ulong PointOf(DeviceSlot<TCommand> slot, ulong round) => (round << _slotBits) | (uint)slot.Index;

    /// <summary>Under the lock. All commands that are not over, the oldest first, whatever the order of the queue.</summary>
    private DeviceSlot<TCommand>? OldestLocked() =>
        _isUnordered ? _oldest : _retired == _timeline.Issued ? null : SlotOf(_retired + 1);

    /// <summary>Under the lock: what was submitted after a command that is not over.</summary>
    private DeviceSlot<TCommand>? NextLocked(DeviceSlot<TCommand> slot) =>
        _isUnordered ? slot.Next : slot.Point == _timeline.Issued ? null : SlotOf(slot.Point + 1);

    /// <summary>Under the lock, when there is room: a slot for a command, in the list.</summary>
    private DeviceSlot<TCommand> TakeFreeSlotLocked()
    {
        DeviceSlot<TCommand> slot = _freeSlots[--_freeCount];
        slot.Point = PointOf(slot, slot.Timeline!.Issue().Point);
        slot.Start = 0;
        slot.Previous = _newest;
        slot.Next = null;
        if (_newest is null)
        {
            _oldest = slot;
        }
        else
        {
            _newest.Next = slot;
        }

        _newest = slot;
        return slot;
    }

    /// <summary>Under the lock: nothing holds the command back, so the pump may take it.</summary>
    private void AddReadyLocked(DeviceSlot<TCommand> slot)
    {
        Debug.Assert(!slot.IsReady, "A command stands in the chain once.");
        slot.IsReady = true;
        slot.NextReady = null;
        if (_lastReady is null)
        {
            _firstReady = slot;
        }
        else
        {
            _lastReady.NextReady = slot;
        }

        _lastReady = slot;
        _ready++;
    }

    private bool TryTakeReadyLocked([NotNullWhen(true)] out DeviceSlot<TCommand>? slot)
    {
        slot = _firstReady;
        if (slot is null)
        {
            return false;
        }

        _firstReady = slot.NextReady;
        _lastReady = _firstReady is null ? null : _lastReady;
        slot.NextReady = null;
        slot.IsReady = false;
        _ready--;
        return true;
    }

    private int TakeUnorderedBatchLocked()
    {
        int count = 0;
        while (count < _batch.Length && _taken - _retired < (ulong)_options.Depth && TryTakeReadyLocked(out DeviceSlot<TCommand>? slot))
        {
            if (slot.Holds > 0 || (slot.Phase == DeviceSlotPhase.Queued && IsHeldBackLocked(slot)))
            {
                continue; // a thread cancels it, or its memory is going away: when the last hold is released, the command comes back
            }

            _taken++;
            if (slot.Phase == DeviceSlotPhase.Queued)
            {
                MarkRunningLocked(slot);
                _batch[count++] = new DeviceCommand<TCommand>(this, slot.Point, slot.Command);
            }
            else
            {
                AddEndedLocked(slot); // it ended before its start
            }
        }

        return count;
    }

    /// <summary>Under the lock. From here on a schedule that overlaps the command's ranges sees it running.</summary>
    private void MarkRunningLocked(DeviceSlot<TCommand> slot)
    {
        slot.Phase = DeviceSlotPhase.Running;
        slot.SeenSince = NotSeen;
        slot.Start = ++_starts;
        _batchTimeout = Least(_batchTimeout, slot.HangTimeout);
    }

    private void AddEndedLocked(DeviceSlot<TCommand> slot)
    {
        slot.NextEnded = null;
        if (_lastEnded is null)
        {
            _firstEnded = slot;
        }
        else
        {
            _lastEnded.NextEnded = slot;
        }

        _lastEnded = slot;
    }

    /// <summary>Under the lock: a command is reported. True: it is over, with all that is to be done under the lock.</summary>
    private bool TryEndAloneLocked(DeviceSlot<TCommand> slot, Exception? fault, out Aftermath aftermath)
    {
        aftermath = default;
        if (fault is null && _lostReason is null && slot.Timeline!.TrySignalQuietly(slot.Point >> _slotBits))
        {
            aftermath = RetireLocked(slot);
            return true;
        }

        slot.Phase = DeviceSlotPhase.Finished;
        slot.Fault = fault;
        AddEndedLocked(slot);
        return false;
    }

    /// <summary>Signals what has ended. Any number of threads at a time do so, each for a command of its own.</summary>
    private void RetireUnordered()
    {
        while (TryTakeEnded(out DeviceSlot<TCommand>? slot))
        {
            ulong round = slot.Point >> _slotBits;
            if (slot.Fault is null)
            {
                slot.Timeline!.Signal(round);
            }
            else
            {
                slot.Timeline!.Signal(round, slot.Fault);
            }

            Aftermath aftermath = default;
            _lock.Enter();
            if (_lostReason is null) // otherwise the loss counts it
            {
                _faulted += slot.Fault is null ? 0 : 1;
                aftermath = RetireLocked(slot);
            }

            _lock.Exit();
            Settle(aftermath);
        }
    }

    private bool TryTakeEnded([NotNullWhen(true)] out DeviceSlot<TCommand>? slot)
    {
        _lock.Enter();
        slot = _lostReason is null ? _firstEnded : null;
        if (slot is not null)
        {
            _firstEnded = slot.NextEnded;
            _lastEnded = _firstEnded is null ? null : _lastEnded;
        }

        _lock.Exit();
        return slot is not null;
    }

    /// <summary>Under the lock: the fence of the command is signaled, and its slot may serve another one.</summary>
    private Aftermath RetireLocked(DeviceSlot<TCommand> slot)
    {
        DeviceSlot<TCommand>? before = slot.Previous;
        DeviceSlot<TCommand>? after = slot.Next;
        ulong drained = 0;
        if (before is null)
        {
            _oldest = after;
            drained = after is null ? _timeline.Issued : after.Sequence - 1;
        }
        else
        {
            before.Next = after;
        }

        if (after is null)
        {
            _newest = before;
        }
        else
        {
            after.Previous = before;
        }

        bool hasReadyDrains = slot.Start != 0 && NoteEndLocked(slot);
        Free(slot);
        slot.Previous = null;
        slot.Next = null;
        _freeSlots[_freeCount++] = slot;
        _retired++;
        return new Aftermath(drained, WorkLocked() != Work.None && TryBeginPumpLocked(), hasReadyDrains);
    }

    private void Settle(in Aftermath aftermath)
    {
        if (aftermath.Drained != 0)
        {
            _timeline.Signal(aftermath.Drained); // it may be late: a later one has then signaled it already
        }

        if (aftermath.HasReadyDrains)
        {
            SignalDrains();
        }

        if (aftermath.MustPump)
        {
            DispatchPump();
        }
    }

    /// <summary>Under the lock: a command at the device that uses a range; 0 for none.</summary>
    private ulong AnyUserOfLocked(AddressRange range)
    {
        for (DeviceSlot<TCommand>? slot = _oldest; slot is not null; slot = slot.Next)
        {
            if (slot.Phase == DeviceSlotPhase.Running && slot.Uses(range))
            {
                return slot.Point;
            }
        }

        return 0;
    }

    /// <summary>Under the lock: the queue is lost, and all commands are over.</summary>
    private void ForgetUnorderedLocked()
    {
        _oldest = null;
        _newest = null;
        _firstEnded = null;
        _lastEnded = null;
        _firstReady = null;
        _lastReady = null;
        _ready = 0;
    }

    /// <summary>The end of a lost queue's fences.</summary>
    private void PoisonUnordered(Exception reason)
    {
        foreach (DeviceSlot<TCommand> slot in _slots)
        {
            slot.Timeline?.Poison(reason);
        }

        PoisonDrains(reason);
    }

    private void DisposeUnordered()
    {
        foreach (DeviceSlot<TCommand> slot in _slots)
        {
            slot.Timeline?.Dispose();
        }

        DisposeDrains();
    }

    /// <summary>The timeline of a slot: it knows which queue and which slot a fence is of.</summary>
    private sealed class SlotCommand(DeviceQueue<TCommand> queue, DeviceSlot<TCommand> slot) : IFenceProducer
    {
        internal DeviceQueue<TCommand> Queue => queue;

        internal DeviceSlot<TCommand> Slot => slot;

        public void DescribeHolders(ulong point, List<FenceHolder> holders) => queue.DescribeHolder(slot, point, holders);

        public void HelpSleeper() => queue.HelpSleeper();
    }
}
