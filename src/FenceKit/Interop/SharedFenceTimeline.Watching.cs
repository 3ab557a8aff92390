// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

// The consumer's thread: brings the local counter to the shared one, and looks whether the producer still lives.
public sealed partial class SharedFenceTimeline
{
    private const int LookMilliseconds = 100; // how long the death of a producer may go unnoticed

    private ulong _faultsTaken;   // the watcher's: how many records it has heard of
    private bool _hasMissedFaults; // the watcher's: records were overwritten before it came, and it is not known yet how far they go

    private void Watch()
    {
        Exception? end;
        try
        {
            end = WatchUntilEnd();
        }
        catch (Exception exception)
        {
            end = exception; // the system refuses to tell of the producer: nobody else would tell those who wait
        }

        if (end is not null)
        {
            FenceKitMeter.Count(FenceKitCounter.SharedTimelineEnded);
            FenceKitEventSource.Log.SharedTimelineEnded(Name, end);
            _local.Poison(end);
        }

        Leave();
    }

    /// <returns>Why the timeline ends; null when this side was disposed.</returns>
    private Exception? WatchUntilEnd()
    {
        while (!Volatile.Read(ref _disposed))
        {
            // All of these before the counters: a signal after the look at the turn changes the word we sleep on, and a producer signals
            // last before it disposes or dies.
            int turn = Volatile.Read(ref _words.Int(TurnAt));
            int ended = Volatile.Read(ref _words.Int(EndedAt));
            bool isPeerDead = LinuxNative.WaitReadable(_peer!, milliseconds: 0);
            Exception? end = !TryTakeOver() || ended is not (0 or 1)
                ? new InvalidDataException($"What stands in the shared timeline '{Name}' makes no sense; its producer cannot be trusted.")
                : isPeerDead ? Abandoned("has ended")
                : ended == 1 ? Abandoned("has disposed it")
                : null;
            if (Volatile.Read(ref _disposed))
            {
                break; // perhaps by a callback, on this thread; what was found then says nothing about the producer
            }

            if (end is not null)
            {
                return end;
            }

            LinuxNative.FutexWait(_words.AddressOf(TurnAt), turn, LookMilliseconds);
        }

        return null;
    }

    private FenceAbandonedException Abandoned(string how) =>
        new($"The process that produces the shared timeline '{Name}' {how}; nobody will signal what was pending.");

    /// <summary>Brings the local counter to the shared one; false when the shared one cannot be.</summary>
    private bool TryTakeOver()
    {
        ulong completed = Volatile.Read(ref _words.Long(CompletedAt)); // before the count of faults: they are written before it
        ulong issued = Volatile.Read(ref _words.Long(IssuedAt));
        if (completed > issued || issued > TimelineState.MaxIssuedByCount)
        {
            return false;
        }

        return completed <= _local.Completed || TryTakeOver(completed);
    }

    /// <summary>Takes over the outcomes of all points up to one, in order: the runs that failed, and between them what succeeded.</summary>
    private bool TryTakeOver(ulong completed)
    {
        ulong count = _faults.Count;
        if (count < _faultsTaken)
        {
            return false;
        }

        if (count - _faultsTaken > SharedFaults.Slots)
        {
            _faultsTaken = count - SharedFaults.Slots;
            _hasMissedFaults = true;
        }

        for (; _faultsTaken < count; _faultsTaken++)
        {
            SharedFaults.Reading reading = _faults.TryRead(_faultsTaken, out SharedFaults.Fault fault);
            if (reading == SharedFaults.Reading.Torn)
            {
                return true; // the producer is ahead by a whole ring: the next look begins with what is left
            }

            if (reading == SharedFaults.Reading.Nonsense || fault.First <= _local.Completed)
            {
                return false;
            }

            if (fault.Last > completed)
            {
                break; // of points that were still pending when we looked
            }

            CompleteUpTo(fault.First - 1);
            _hasMissedFaults = false; // whatever was missed came before this one
            Exception error = fault.Text is null ? FaultLog.UnknownOutcome : new SharedFenceFaultException(Name, fault);
            _local.FaultCore(TimelineState.TargetOf(fault.Last), error, poison: false);
        }

        CompleteUpTo(completed);
        return true;
    }

    /// <summary>Points without a record have succeeded; or nobody knows, where records are missing.</summary>
    private void CompleteUpTo(ulong point)
    {
        if (point <= _local.Completed)
        {
            return;
        }

        if (_hasMissedFaults)
        {
            _local.FaultCore(TimelineState.TargetOf(point), FaultLog.UnknownOutcome, poison: false);
        }
        else
        {
            _local.SignalCore(TimelineState.TargetOf(point));
        }
    }
}
