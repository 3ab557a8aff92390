// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

// The consumer's thread: brings the local counter to the shared one, and looks whether the producer still lives.
public sealed partial class SharedFenceTimeline
{
    private const int LookMilliseconds = 100; // how long the death of a producer may go unnoticed

    private void Watch()
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
            if (end is not null)
            {
                FenceKitMeter.Count(FenceKitCounter.SharedTimelineEnded);
                FenceKitEventSource.Log.SharedTimelineEnded(Name, end);
                _local.Poison(end);
                return;
            }

            LinuxNative.FutexWait(_words.AddressOf(TurnAt), turn, LookMilliseconds);
        }
    }

    private FenceAbandonedException Abandoned(string how) =>
        new($"The process that produces the shared timeline '{Name}' {how}; nobody will signal what was pending.");

    /// <summary>Brings the local counter to the shared one; false when the shared one cannot be.</summary>
    private bool TryTakeOver()
    {
        ulong completed = Volatile.Read(ref _words.Long(CompletedAt));
        ulong issued = Volatile.Read(ref _words.Long(IssuedAt));
        if (completed > issued || issued > TimelineState.MaxIssuedByCount)
        {
            return false;
        }

        if (completed > _local.Completed)
        {
            _local.SignalCore(TimelineState.TargetOf(completed));
        }

        return true;
    }
}
