// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

// Releasing memory in a queue whose commands end in any order. The fence of one command says nothing about the others, so an invalidation
// gets a fence of its own, from a drain that counts the commands it waits for:
//
//   Free ──TrySchedule finds users──► Waiting ──the last of them has ended──► Ready ──the fence is signaled, after Unmap──► Free
//     └────it finds none, and the driver keeps mappings────────────────────────▲
//
// A drain waits for the commands that had started before it. Commands that start later do not use the range while the session is open: they
// see in the ledger that it is being invalidated.
public sealed partial class DeviceQueue<TCommand>
{
    private enum DrainPhase
    {
        Free = 0,
        Waiting = 1,
        Ready = 2,

        /// <summary>Ready, and a thread is about to signal its fence.</summary>
        Leaving = 3,
    }

    private struct Drain
    {
        public FenceTimeline Timeline;
        public DrainPhase Phase;
        public AddressRange Range;

        /// <summary>The drain waits only for commands whose <see cref="DeviceSlot{TCommand}.Start"/> is not greater.</summary>
        public ulong LastStart;
        public int Users;
    }

    private readonly Drain[] _drains; // under the lock; empty for a queue in order
    private int _waitingDrains;       // under the lock
    private int _readyDrains;         // under the lock

    private static Drain[] MakeDrains(string name, int count, FenceTimelineOptions options)
    {
        Drain[] drains = new Drain[count];
        for (int i = 0; i < count; i++)
        {
            drains[i].Timeline = new FenceTimeline(name, options);
        }

        return drains;
    }

    /// <summary>Under the lock: begins a drain. False: too many drains are under way, and the caller would have to wait.</summary>
    private bool TryDrainLocked(AddressRange range, out Fence drained, out bool mustPump)
    {
        drained = default;
        mustPump = false;
        int users = 0;
        for (DeviceSlot<TCommand>? slot = _oldest; slot is not null; slot = slot.Next)
        {
            users += slot.Start != 0 && slot.Uses(range) ? 1 : 0; // a finished command counts until its fence is signaled
        }

        if (users == 0 && _unmaps is null)
        {
            drained = Fence.AlreadySignaled;
            return true;
        }

        int free = Array.FindIndex(_drains, static drain => drain.Phase == DrainPhase.Free);
        if (free < 0)
        {
            return false;
        }

        ref Drain drain = ref _drains[free];
        drain.Range = range;
        drain.LastStart = _starts;
        drain.Users = users;
        drain.Phase = users == 0 ? DrainPhase.Ready : DrainPhase.Waiting;
        drained = drain.Timeline.Issue();
        _waitingDrains += users == 0 ? 0 : 1;
        _readyDrains += users == 0 ? 1 : 0;
        mustPump = users == 0 && TryBeginPumpLocked();
        return true;
    }

    /// <summary>
    /// Under the lock: notes in all drains that a command that had started has ended. True: the caller must call <see cref="SignalDrains"/>,
    /// outside the lock.
    /// </summary>
    private bool NoteEndLocked(DeviceSlot<TCommand> slot)
    {
        if (_waitingDrains == 0)
        {
            return false;
        }

        bool any = false;
        foreach (ref Drain drain in _drains.AsSpan())
        {
            if (drain.Phase == DrainPhase.Waiting && slot.Start <= drain.LastStart && slot.Uses(drain.Range) && --drain.Users == 0)
            {
                drain.Phase = DrainPhase.Ready;
                _waitingDrains--;
                _readyDrains++;
                any = true;
            }
        }

        return any && _unmaps is null; // otherwise the pump has something to unmap first
    }

    /// <summary>
    /// Signals the drains that no longer wait for any command. If the driver keeps mappings, the pump does this after it has unmapped the
    /// range.
    /// </summary>
    private void SignalDrains()
    {
        while (TryTakeDrain(out int drain))
        {
            SignalDrain(drain);
        }
    }

    private bool TryTakeDrain(out int index)
    {
        using SpinningLock.Scope scope = _lock.EnterScope();
        return TryTakeDrainLocked(out index, out _);
    }

    private bool TryTakeDrainLocked(out int index, out AddressRange range)
    {
        index = _readyDrains == 0 ? -1 : Array.FindIndex(_drains, static drain => drain.Phase == DrainPhase.Ready);
        range = default;
        if (index < 0)
        {
            return false;
        }

        _readyDrains--;
        _drains[index].Phase = DrainPhase.Leaving;
        range = _drains[index].Range;
        return true;
    }

    private void SignalDrain(int index)
    {
        FenceTimeline timeline = _drains[index].Timeline;
        timeline.Signal(timeline.Issued); // no point is issued until the drain is free again
        _lock.Enter();
        Debug.Assert(_drains[index].Phase == DrainPhase.Leaving, "One thread takes a drain to its end.");
        _drains[index].Phase = DrainPhase.Free;
        _lock.Exit();
    }
}
