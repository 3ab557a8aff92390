// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>
/// The last faults of one timeline, or of all slots of a pool together: which points completed with which error. A fixed number of faults, the
/// oldest makes room for the newest. Written under its lock, read without.
/// </summary>
/// <remarks>
/// <para>
/// Each timeline has a <see cref="Trail"/>: its newest fault, from which each leads to the one before. So the outcome of an old point costs a
/// step for each fault of the same timeline since, however many other slots write into the same log.
/// </para>
/// <para>
/// A look at a trail and its entries is thrown away unless the version before and after it says that all was of one moment.
/// Memory comes with the faults, a few at a time: a timeline that never faults has none.
/// </para>
/// </remarks>
internal sealed class FaultLog(int capacity)
{
    private const int ChunkLength = 16;

    /// <summary>Stands in the log for a point that is complete with an outcome that nobody knows: an array over a retired fence.</summary>
    internal static readonly Exception UnknownOutcome = new InvalidOperationException("The outcome is no longer known.");

    private SpinningLock _lock;          // guards all writes here, and those of the trails
    private SequenceLock _sequence;  // of all that is written under the lock; LookUp reads without
    private long _count;             // faults ever written; the one of number n stands at n % capacity
    private Entry[]?[] _chunks = []; // replaced when it grows; the chunks stay

    private struct Entry
    {
        internal ulong First;
        internal ulong Last;
        internal Exception Error;
        internal long Before;      // the ordinal of the fault before it on the same timeline; 0 for none
        internal ulong BeforeLast; // and its last point, which is still known when that fault is forgotten
    }

    /// <summary>What one timeline knows of its own faults. Written under the lock of the log.</summary>
    internal struct Trail
    {
        /// <summary>The first point that ever faulted; every point before it was signaled without error. 0: there is none.</summary>
        internal ulong FirstFaulted;

        internal long Newest;      // an ordinal, which is a number and one; 0 for none
        internal ulong NewestLast; // its last point
        internal ulong PoisonedFrom; // the first poisoned point; 0 when the timeline is not poisoned
        internal Exception? Poison;
        internal GivenUp[]? GivenUp; // pending points that will fault alone, in their order; replaced, never changed
    }

    /// <summary>A point that faults alone when its turn comes.</summary>
    internal readonly record struct GivenUp(ulong Point, Exception Error);

    /// <summary>Notes a fault of points that are later than all in the trail. Its timeline shows them complete afterwards, not before.</summary>
    internal void Record(ref Trail trail, ulong first, ulong last, Exception error)
    {
        BeginWrite();
        if (trail.Newest > 0 && IsRetained(trail.Newest) && trail.NewestLast + 1 == first && ReferenceEquals(At(trail.Newest).Error, error))
        {
            At(trail.Newest).Last = last; // neighbours with the same exception are one fault
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

    /// <summary>Notes that a point and all later ones fault.</summary>
    internal void RecordPoison(ref Trail trail, ulong first, Exception error)
    {
        BeginWrite();
        trail.Poison = error;
        trail.PoisonedFrom = first;
        NoteFirst(ref trail, first);
        EndWrite();
    }

    /// <summary>Notes that a pending point will fault alone, whatever signal completes it.</summary>
    internal void GiveUp(ref Trail trail, ulong point, Exception error)
    {
        BeginWrite();
        trail.GivenUp = [.. (trail.GivenUp ?? []).Append(new GivenUp(point, error)).OrderBy(static given => given.Point)];
        NoteFirst(ref trail, point);
        EndWrite();
    }

    /// <summary>
    /// A signal has completed points without an error: those of them that were given up go from the pending ones into the log. Until then
    /// <see cref="LookUp"/> finds them among the pending ones, so no reader sees them as signaled.
    /// </summary>
    internal void SettleGivenUp(ref Trail trail, ulong upTo)
    {
        while (trail.GivenUp is { } points && points[0].Point <= upTo)
        {
            Record(ref trail, points[0].Point, points[0].Point, points[0].Error);
            DropGivenUp(ref trail, points[0].Point);
        }
    }

    /// <summary>Points up to this one have an outcome of their own.</summary>
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

    /// <summary>Whether a pending point was given up. For those who keep others from writing the trail, or look twice.</summary>
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

    /// <summary>The outcome of a point that is complete.</summary>
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

    /// <summary>May see a torn log; the caller throws the answer away then. It must only end, and stay within the arrays.</summary>
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
                return FenceStatus.Signaled; // torn: the look will be thrown away
            }

            if (point >= entry.First)
            {
                bool known = !ReferenceEquals(entry.Error, UnknownOutcome);
                error = known ? entry.Error : null;
                return known ? FenceStatus.Faulted : FenceStatus.Retired;
            }

            last = entry.BeforeLast;
            ordinal = entry.Before < ordinal ? entry.Before : 0; // an older fault has a lower ordinal, except where the look is torn
        }

        return FenceStatus.Signaled;
    }

    private static void NoteFirst(ref Trail trail, ulong first)
    {
        if (trail.FirstFaulted == 0 || first < trail.FirstFaulted) // a point that was given up may be later than one that faults afterwards
        {
            Volatile.Write(ref trail.FirstFaulted, first); // read by itself: whether the timeline has ever faulted
        }
    }

    private bool IsRetained(long ordinal) => ordinal > _count - capacity;

    private ref Entry At(long ordinal)
    {
        int index = (int)((ordinal - 1) % capacity);
        return ref _chunks[index / ChunkLength]![index % ChunkLength];
    }

    /// <summary>The fault of an ordinal, for a reader without the lock, who may know of a fault before its memory.</summary>
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
            Volatile.Write(ref _chunks, more); // pairs with the read in TryRead: its chunks are visible with it
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
