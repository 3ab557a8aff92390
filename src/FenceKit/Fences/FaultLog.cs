// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>
/// A ring of the last faults of one timeline, or of all slots of a pool: which points completed with which error. Written under its lock,
/// read without it.
/// </summary>
/// <remarks>
/// <para>
/// Each timeline has a <see cref="Trail"/> in the log: its newest fault, from which each fault links to the previous one. So looking up a
/// point takes one step for each later fault of the same timeline, however many other slots write to the same log.
/// </para>
/// <para>
/// A reader repeats a lookup if the version of the log has changed during it. Memory is allocated with the faults, in small chunks: a
/// timeline that never faults allocates none.
/// </para>
/// </remarks>
internal sealed class FaultLog(int capacity)
{
    private const int ChunkLength = 16;

    /// <summary>Marks in the log a point that is complete with an unknown outcome, for example an array over a retired fence.</summary>
    internal static readonly Exception UnknownOutcome = new InvalidOperationException("The outcome is no longer known.");

    private SpinningLock _lock;          // guards all writes to the log and to the trails
    private SequenceLock _sequence;  // guards the same data for readers without the lock
    private long _count;             // the number of faults ever written; fault n is at n % capacity
    private Entry[]?[] _chunks = []; // replaced when it grows; existing chunks are kept

    private struct Entry
    {
        internal ulong First;
        internal ulong Last;
        internal Exception Error;
        internal long Before;      // the ordinal of the previous fault of the same timeline; 0 for none
        internal ulong BeforeLast; // the last point of the previous fault, kept here because that entry may be overwritten
    }

    /// <summary>The faults of one timeline in the log. Written under the lock of the log.</summary>
    internal struct Trail
    {
        /// <summary>The first point that ever faulted, or was given up; all points before it were signaled without an error. 0 for none.</summary>
        internal ulong FirstFaulted;

        internal long Newest;      // the ordinal of the newest fault, which is its number plus 1; 0 for none
        internal ulong NewestLast; // the last point of the newest fault
        internal ulong PoisonedFrom; // the first poisoned point; 0 when the timeline is not poisoned
        internal Exception? Poison;
        internal GivenUp[]? GivenUp; // pending points that were given up, in order; copy-on-write
    }

    /// <summary>A pending point that faults by itself when all points before it are complete.</summary>
    internal readonly record struct GivenUp(ulong Point, Exception Error);

    /// <summary>Records a fault of points that are later than all faults in the trail. The timeline must complete the points afterwards.</summary>
    internal void Record(ref Trail trail, ulong first, ulong last, Exception error)
    {
        BeginWrite();
        if (trail.Newest > 0 && IsRetained(trail.Newest) && trail.NewestLast + 1 == first && ReferenceEquals(At(trail.Newest).Error, error))
        {
            At(trail.Newest).Last = last; // adjacent points with the same exception are one fault
        }
        else
        {
            ref Entry entry = ref Append();
            entry.First = first;
            entry.Last = last;
            entry.Error = error;
            entry.Before = trail.Newest;
            entry.BeforeLast = trail.NewestLast;
            trail.Newest = _count;
        }

        trail.NewestLast = last;
        NoteFirst(ref trail, first);
        EndWrite();
    }

    /// <summary>Records that a point and all later ones fault.</summary>
    internal void RecordPoison(ref Trail trail, ulong first, Exception error)
    {
        BeginWrite();
        trail.Poison = error;
        trail.PoisonedFrom = first;
        NoteFirst(ref trail, first);
        EndWrite();
    }

    /// <summary>Records that a pending point will fault by itself, whichever signal completes it.</summary>
    internal void GiveUp(ref Trail trail, ulong point, Exception error)
    {
        BeginWrite();
        trail.GivenUp = [.. (trail.GivenUp ?? []).Append(new GivenUp(point, error)).OrderBy(static given => given.Point)];
        NoteFirst(ref trail, point);
        EndWrite();
    }

    /// <summary>
    /// Called by a signal without an error: records the given-up points among those that it completes as faults. Until then
    /// <see cref="LookUp"/> finds them in the list of given-up points, so no reader sees them as signaled.
    /// </summary>
    internal void SettleGivenUp(ref Trail trail, ulong upTo)
    {
        while (trail.GivenUp is { } points && points[0].Point <= upTo)
        {
            Record(ref trail, points[0].Point, points[0].Point, points[0].Error);
            DropGivenUp(ref trail, points[0].Point);
        }
    }

    /// <summary>Removes given-up points up to a point, which have an outcome now.</summary>
    internal void DropGivenUp(ref Trail trail, ulong upTo)
    {
        if (trail.GivenUp is not { } points)
        {
            return;
        }

        int dropped = 0;
        while (dropped < points.Length && points[dropped].Point <= upTo)
        {
            dropped++;
        }

        BeginWrite();
        trail.GivenUp = dropped == points.Length ? null : points[dropped..];
        EndWrite();
    }

    /// <summary>Whether a pending point was given up. The caller must keep others from writing the trail, or check the version afterwards.</summary>
    internal static bool TryFindGivenUp(in Trail trail, ulong point, [NotNullWhen(true)] out Exception? error)
    {
        if (trail.GivenUp is { } points)
        {
            foreach (GivenUp given in points)
            {
                if (given.Point == point)
                {
                    error = given.Error;
                    return true;
                }
            }
        }

        error = null;
        return false;
    }

    /// <summary>Returns the outcome of a complete point.</summary>
    internal FenceStatus LookUp(in Trail trail, ulong point, out Exception? error)
    {
        while (true)
        {
            int version = _sequence.BeginRead();
            FenceStatus status = Search(in trail, point, out Exception? found);
            if (_sequence.IsUnchanged(version))
            {
                error = found;
                return status;
            }
        }
    }

    /// <summary>
    /// May read entries while they are written; the caller checks the version and discards the result then. It must terminate, and stay
    /// within the arrays.
    /// </summary>
    private FenceStatus Search(in Trail trail, ulong point, out Exception? error)
    {
        error = null;
        if (trail.PoisonedFrom != 0 && point >= trail.PoisonedFrom)
        {
            error = trail.Poison;
            return FenceStatus.Faulted;
        }

        if (point < trail.FirstFaulted)
        {
            return FenceStatus.Signaled;
        }

        if (TryFindGivenUp(in trail, point, out error))
        {
            return FenceStatus.Faulted;
        }

        long ordinal = trail.Newest;
        ulong last = trail.NewestLast;
        while (ordinal > 0 && point <= last)
        {
            if (!IsRetained(ordinal))
            {
                return FenceStatus.Retired;
            }

            if (!TryRead(ordinal, out Entry entry))
            {
                return FenceStatus.Signaled; // a torn read: the caller will discard the result
            }

            if (point >= entry.First)
            {
                bool known = !ReferenceEquals(entry.Error, UnknownOutcome);
                error = known ? entry.Error : null;
                return known ? FenceStatus.Faulted : FenceStatus.Retired;
            }

            last = entry.BeforeLast;
            ordinal = entry.Before < ordinal ? entry.Before : 0; // the previous fault has a lower ordinal, except in a torn read
        }

        return FenceStatus.Signaled;
    }

    private static void NoteFirst(ref Trail trail, ulong first)
    {
        if (trail.FirstFaulted == 0 || first < trail.FirstFaulted) // a point that was given up may be later than a point that faults afterwards
        {
            Volatile.Write(ref trail.FirstFaulted, first); // also read without the version, by HasFaulted
        }
    }

    private bool IsRetained(long ordinal) => ordinal > _count - capacity;

    private ref Entry At(long ordinal)
    {
        int index = (int)((ordinal - 1) % capacity);
        return ref _chunks[index / ChunkLength]![index % ChunkLength];
    }

    /// <summary>Reads the fault of an ordinal without the lock. False if the reader does not see its chunk yet.</summary>
    private bool TryRead(long ordinal, out Entry entry)
    {
        int index = (int)((ordinal - 1) % capacity);
        Entry[]?[] chunks = Volatile.Read(ref _chunks); // pairs with the write in Append
        Entry[]? chunk = index / ChunkLength < chunks.Length ? chunks[index / ChunkLength] : null;
        entry = chunk is null ? default : chunk[index % ChunkLength];
        return chunk is not null;
    }

    private ref Entry Append()
    {
        int chunk = (int)(_count % capacity) / ChunkLength;
        if (chunk >= _chunks.Length)
        {
            Entry[]?[] more = new Entry[]?[Math.Max(4, _chunks.Length * 2)];
            _chunks.CopyTo(more, 0);
            Volatile.Write(ref _chunks, more); // pairs with the read in TryRead: the copied chunks are visible with the array
        }

        _chunks[chunk] ??= new Entry[Math.Min(ChunkLength, capacity)];
        _count++;
        return ref At(_count);
    }

    private void BeginWrite()
    {
        _lock.Enter();
        _sequence.BeginWrite();
    }

    private void EndWrite()
    {
        _sequence.EndWrite();
        _lock.Exit();
    }
}
