// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// The fault log: which points completed with an error. Written under the gate, read without it.
public partial class FenceTimeline
{
    private readonly Fault[] _faults; // a ring; the entry of number n stands at n % Length
    private long _faultCount;         // entries ever written
    private ulong _firstFaulted;      // the first point that ever faulted; every point before it was signaled without error
    private ulong _lastForgotten;     // the last point of the newest entry that the ring dropped; 0 when none was dropped
    private ulong _poisonedFrom;      // the first poisoned point; 0 when the timeline is not poisoned
    private Exception? _poison;
    private long _faultVersion;       // 0: never faulted; odd: being written. Pairs the writers below with GetOutcome

    /// <summary>Stands in the log for a point that is complete with an outcome that nobody knows: an array over a retired fence.</summary>
    internal static readonly Exception UnknownOutcome = new InvalidOperationException("The outcome is no longer known.");

    private struct Fault
    {
        public ulong First;
        public ulong Last;
        public Exception Error;
    }

    /// <summary>The outcome of a point as far as it is still known.</summary>
    internal FenceStatus GetOutcome(ulong target, out Exception? error)
    {
        error = null;
        if (!TimelineState.HasReached(Volatile.Read(ref _hot.State), target))
        {
            return FenceStatus.Pending;
        }

        // The acquire above pairs with the release in LeaveGate: a point that reads complete has its fault in the log already.
        return HasFaulted ? LookUpOutcome(TimelineState.PointOf(target), out error) : FenceStatus.Signaled;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private FenceStatus LookUpOutcome(ulong point, out Exception? error)
    {
        SpinBackoff backoff = default;
        while (true)
        {
            long version = Volatile.Read(ref _faultVersion);
            if ((version & 1) == 0)
            {
                FenceStatus status = Search(point, out Exception? found);

                // The reads in Search must not sink below the second look at the version.
                Interlocked.MemoryBarrier();
                if (Volatile.Read(ref _faultVersion) == version)
                {
                    error = found;
                    return status;
                }
            }

            backoff.Once();
        }
    }

    /// <summary>May see a torn log; the caller throws the answer away then. It must only stay within the array.</summary>
    private FenceStatus Search(ulong point, out Exception? error)
    {
        error = null;
        if (_poisonedFrom != 0 && point >= _poisonedFrom)
        {
            error = _poison;
            return FenceStatus.Faulted;
        }

        if (_faultCount == 0 || point < _firstFaulted)
        {
            return FenceStatus.Signaled;
        }

        if (point <= _lastForgotten)
        {
            return FenceStatus.Retired;
        }

        long newest = _faultCount - 1;
        long oldest = Math.Max(0, _faultCount - _faults.Length);
        for (long number = newest; number >= oldest; number--)
        {
            ref readonly Fault fault = ref _faults[number % _faults.Length];
            if (point > fault.Last)
            {
                return FenceStatus.Signaled;
            }

            if (point >= fault.First)
            {
                bool known = !ReferenceEquals(fault.Error, UnknownOutcome);
                error = known ? fault.Error : null;
                return known ? FenceStatus.Faulted : FenceStatus.Retired;
            }
        }

        return FenceStatus.Signaled;
    }

    /// <summary>Under the gate, before the counter moves.</summary>
    private void RecordFault(ulong first, ulong last, Exception error)
    {
        BeginLogWrite();
        if (_faultCount > 0 && Newest().Last + 1 == first && ReferenceEquals(Newest().Error, error))
        {
            Newest().Last = last;
        }
        else
        {
            ref Fault slot = ref _faults[_faultCount % _faults.Length];
            if (_faultCount == 0)
            {
                _firstFaulted = first;
            }
            else if (_faultCount >= _faults.Length)
            {
                _lastForgotten = slot.Last;
            }

            slot.First = first;
            slot.Last = last;
            slot.Error = error;
            _faultCount++;
        }

        EndLogWrite();

        ref Fault Newest() => ref _faults[(_faultCount - 1) % _faults.Length];
    }

    /// <summary>Under the gate, before the counter moves.</summary>
    private void RecordPoison(ulong first, Exception error)
    {
        BeginLogWrite();
        _poison = error;
        _poisonedFrom = first;
        EndLogWrite();
    }

    // Interlocked, not Volatile: the odd version must be visible before any write to the log, and a release store lets later
    // writes pass. Pairs with the two reads of the version in GetOutcome.
    private void BeginLogWrite() => Interlocked.Increment(ref _faultVersion);

    private void EndLogWrite() => Interlocked.Increment(ref _faultVersion);
}
