// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

// The consumer's watcher thread: advances the local counter to the shared one, and checks that the producer is alive.
public sealed partial class SharedFenceTimeline
{
    private const int LookMilliseconds = 100; // the longest time until the death of a producer is noticed

    private ulong _faultsTaken;   // used only by the watcher: the number of fault records that it has read
    private bool _hasMissedFaults; // used only by the watcher: records were overwritten before it read them, and it does not know up to which point

    private void Watch()
    {
        Exception? end;
        try
        {
            end = WatchUntilEnd();
        }
        catch (Exception exception)
        {
            end = exception; // the producer can no longer be watched, so the waiters must not wait for it
        }

        if (end is not null)
        {
            FenceKitMeter.Count(FenceKitCounter.SharedTimelineEnded);
            FenceKitEventSource.Log.SharedTimelineEnded(Name, end);
            _local.Poison(end);
        }

        Leave();
    }

    /// <returns>The error that ends the timeline; null when this side was disposed.</returns>
    private Exception? WatchUntilEnd()
    {
        while (!Volatile.Read(ref _disposed))
        {
            // These are read before the counters. A signal after the read of the turn changes the word that FutexWait checks. A producer that
            // has ended or died has signaled before that, so the counters read afterwards include its last signal.
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
                break; // perhaps by a callback on this thread; then the findings say nothing about the producer
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

    /// <summary>Advances the local counter to the shared one; false when the content of the page is invalid.</summary>
    private bool TryTakeOver()
    {
        ulong completed = Volatile.Read(ref _words.Long(CompletedAt)); // read before the count of faults, which is written before it
        ulong issued = Volatile.Read(ref _words.Long(IssuedAt));
        if (completed > issued || issued > TimelineState.MaxIssuedByCount)
        {
            return false;
        }

        return completed <= _local.Completed || TryTakeOver(completed);
    }

    /// <summary>
    /// Takes over the outcomes of all points up to a point, in order: the runs that failed, and the points between them, which succeeded.
    /// </summary>
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
                return true; // the producer has overwritten it; the next round begins with the records that are left
            }

            if (reading == SharedFaults.Reading.Nonsense || fault.First <= _local.Completed)
            {
                return false;
            }

            if (fault.Last > completed)
            {
                break; // belongs to points that were still pending when the counter was read
            }

            CompleteUpTo(fault.First - 1);
            _hasMissedFaults = false; // all missed records are of earlier points
            Exception error = fault.Text is null ? FaultLog.UnknownOutcome : new SharedFenceFaultException(Name, fault);
            _local.FaultCore(TimelineState.TargetOf(fault.Last), error, poison: false);
        }

        CompleteUpTo(completed);
        return true;
    }

    /// <summary>Completes points without a record: they have succeeded or, if records were missed, their outcome is unknown.</summary>
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
