// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>
/// The fences of one resource, by usage: who writes it, who reads it, who keeps it. Changed under its <see cref="Lock"/>, read without.
/// As dma_resv.
/// </summary>
/// <remarks>
/// <para>
/// Before the point of no return <see cref="Reserve"/> makes room, and may allocate; after it <see cref="Add"/> cannot fail. There is one
/// entry for each timeline, so it stays as small as there are producers.
/// </para>
/// <para>
/// A fence that failed (<see cref="FenceStatus.Faulted"/>, or <see cref="FenceStatus.Retired"/>, of which nobody knows) stays until somebody writes
/// the resource anew: those who wait late hear of it as those who waited early. <see cref="Add"/> of a <see cref="FenceUsage.Write"/>, a
/// <see cref="Replace"/> of its timeline, and <see cref="ForgetFaults"/> let go of it. It is not pending, so nobody waits for it, and walks over
/// the pending fences do not show it.
/// </para>
/// <para>
/// <b>Thread safety</b>: members that change need the lock to be held by the caller; the others may be called from any thread at any
/// time and are lock-free.
/// </para>
/// </remarks>
[DebuggerDisplay("{Count} fences")]
public sealed partial class FenceReservation
{
    private const int SmallestCapacity = 4;

    private Entry[] _entries = [];
    private int _count;
    private int _reserved;        // slots that Add may use; under the lock
    private ulong _reservedIn;    // the turn of holding the lock in which they were reserved
    private SequenceLock _sequence;    // of the entries and their count: written by the holder of the lock, read by all

    /// <summary>Creates an empty reservation.</summary>
    /// <param name="reservationLock">The lock that guards it; several reservations may share one.</param>
    /// <exception cref="ArgumentNullException"><paramref name="reservationLock"/> is null.</exception>
    public FenceReservation(WoundWaitLock reservationLock)
    {
        ArgumentNullException.ThrowIfNull(reservationLock);
        Lock = reservationLock;
    }

    internal enum ReadResult
    {
        Read = 0,
        End = 1,
        Changed = 2,
    }

    private struct Entry
    {
        public Fence Fence;
        public FenceUsage Usage;
    }

    /// <summary>The lock that guards it.</summary>
    public WoundWaitLock Lock { get; }

    /// <summary>How many entries there are, complete ones and those that failed included.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>
    /// Makes room for fences, before the point of no return: forgets those that signaled, and may allocate. Nothing to do while there is room.
    /// </summary>
    /// <param name="count">How many calls of <see cref="Add"/> must succeed before the lock is given up.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is less than 1.</exception>
    /// <exception cref="InvalidOperationException">The lock is not held.</exception>
    public void Reserve(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        CheckLocked();
        FenceContract.MightGrow();
        if (_entries.Length - _count < count)
        {
            MakeRoom(count);
        }

        _reserved = count;
        _reservedIn = Lock.Acquisitions;
    }

    /// <summary>Adds a fence. Cannot fail in a slot that was reserved.</summary>
    /// <param name="fence">The fence. Of a timeline that is here already only the later point stays.</param>
    /// <param name="usage">How its work uses the resource. An entry that stays takes the stronger of both usages, never the weaker.</param>
    /// <remarks>
    /// Never allocates. A fence that has signaled is not stored. A writer has waited for all that was here, or depends on it, and so has heard
    /// what failed: adding a <see cref="FenceUsage.Write"/> forgets it.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The lock is not held, or nothing was reserved since it was taken.</exception>
    /// <exception cref="ArgumentException">The fence is that of a <see cref="FenceArray"/>: add its members.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="usage"/> is none of the named values.</exception>
    public void Add(Fence fence, FenceUsage usage)
    {
        CheckLocked();
        CheckUsage(usage);
        if (fence.Timeline is { IsContainer: true })
        {
            ThrowContainer(fence);
        }

        if (_reservedIn != Lock.Acquisitions || _reserved == 0)
        {
            ThrowNotReserved();
        }

        _reserved--;
        FenceContract.Export(fence.Timeline?.ContractMap); // a waiter has the lock, and may be anybody
        if (usage == FenceUsage.Write)
        {
            DropFailed();
        }

        if (!HasSucceeded(fence))
        {
            Put(fence, usage);
        }
    }

    /// <summary>Forgets what failed, for instance because the resource was cleared by other means than a fence.</summary>
    /// <returns>How many fences were forgotten.</returns>
    /// <remarks>Never allocates.</remarks>
    /// <exception cref="InvalidOperationException">The lock is not held.</exception>
    public int ForgetFaults()
    {
        CheckLocked();
        return DropFailed();
    }

    /// <summary>Replaces a timeline's fence by another one: for instance one that says that access has ended early.</summary>
    /// <param name="old">A fence of the timeline whose entry goes.</param>
    /// <param name="replacement">What replaces it; one that has signaled removes the entry.</param>
    /// <param name="usage">The usage of the replacement.</param>
    /// <returns>False if that timeline has no entry: nothing changes.</returns>
    /// <exception cref="InvalidOperationException">The lock is not held.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="usage"/> is none of the named values.</exception>
    public bool Replace(Fence old, Fence replacement, FenceUsage usage)
    {
        CheckLocked();
        CheckUsage(usage);
        int index = old.Timeline is null ? -1 : IndexOfAny(old.Timeline);
        if (index < 0)
        {
            return false;
        }

        // In one write: a reader that found neither would take the resource for idle.
        bool stays = !HasSucceeded(replacement);
        _sequence.BeginWrite();
        if (stays && (ReferenceEquals(replacement.Timeline, old.Timeline) || IndexOf(replacement.Timeline!) < 0))
        {
            _entries[index].Fence = replacement;
            _entries[index].Usage = usage;
        }
        else
        {
            RemoveAt(index);
            if (stays)
            {
                PutInWrite(replacement, usage);
            }
        }

        _sequence.EndWrite();
        return true;
    }

    private void Put(Fence fence, FenceUsage usage)
    {
        _sequence.BeginWrite();
        PutInWrite(fence, usage);
        _sequence.EndWrite();
    }

    /// <summary>Between BeginWrite and EndWrite.</summary>
    private void PutInWrite(Fence fence, FenceUsage usage)
    {
        int index = IndexOf(fence.Timeline!);
        if (index >= 0)
        {
            ref Entry entry = ref _entries[index];
            bool wasComplete = entry.Fence.IsSignaled;
            entry.Usage = wasComplete || usage < entry.Usage ? usage : entry.Usage;
            if (fence.Target > entry.Fence.Target)
            {
                entry.Fence = fence; // not when it stays: the collector's write barrier
            }
        }
        else
        {
            _entries[_count].Fence = fence;
            _entries[_count].Usage = usage;
            _count++;
        }
    }

    /// <summary>Forgets what is complete, and grows only if that is not enough.</summary>
    private void MakeRoom(int count)
    {
        DropSucceeded();
        if (_entries.Length - _count >= count)
        {
            return;
        }

        Entry[] larger = new Entry[Math.Max(Math.Max(SmallestCapacity, _entries.Length * 2), _count + count)];
        Array.Copy(_entries, larger, _count);
        _sequence.BeginWrite();
        Volatile.Write(ref _entries, larger);
        _sequence.EndWrite();
    }

    private void DropSucceeded()
    {
        for (int i = _count - 1; i >= 0; i--)
        {
            if (HasSucceeded(_entries[i].Fence) || TryMergeFailed(i))
            {
                _sequence.BeginWrite();
                RemoveAt(i);
                _sequence.EndWrite();
            }
        }
    }

    private int DropFailed()
    {
        int dropped = 0;
        for (int i = _count - 1; i >= 0; i--)
        {
            if (HasFailed(_entries[i].Fence))
            {
                _sequence.BeginWrite();
                RemoveAt(i);
                _sequence.EndWrite();
                dropped++;
            }
        }

        return dropped;
    }

    /// <summary>One failure of a timeline is enough to know: so there are at most two entries for each, one that failed and one that did not.</summary>
    private bool TryMergeFailed(int index)
    {
        for (int i = 0; i < index && HasFailed(_entries[index].Fence); i++)
        {
            if (ReferenceEquals(_entries[i].Fence.Timeline, _entries[index].Fence.Timeline) && HasFailed(_entries[i].Fence))
            {
                _sequence.BeginWrite();
                _entries[i].Usage = _entries[index].Usage < _entries[i].Usage ? _entries[index].Usage : _entries[i].Usage;
                _sequence.EndWrite();
                return true;
            }
        }

        return false;
    }

    // The usual fence is pending, which is one load: the outcome has not to be looked up.
    private static bool HasSucceeded(Fence fence) => fence.IsSignaled && fence.Status == FenceStatus.Signaled;

    private static bool HasFailed(Fence fence) =>
        fence.IsSignaled && fence.Status is (FenceStatus.Faulted or FenceStatus.Retired);

    private void RemoveAt(int index)
    {
        _count--;
        _entries[index] = _entries[_count];
        _entries[_count] = default;
    }

    /// <summary>The entry of a timeline that a later fence may take: not one that failed, which has to stay.</summary>
    private int IndexOf(FenceTimeline timeline)
    {
        for (int i = 0; i < _count; i++)
        {
            if (ReferenceEquals(_entries[i].Fence.Timeline, timeline) && !HasFailed(_entries[i].Fence))
            {
                return i;
            }
        }

        return -1;
    }

    private int IndexOfAny(FenceTimeline timeline)
    {
        int index = IndexOf(timeline);
        for (int i = 0; i < _count && index < 0; i++)
        {
            index = ReferenceEquals(_entries[i].Fence.Timeline, timeline) ? i : index;
        }

        return index;
    }

    private void CheckLocked()
    {
        if (!Lock.IsHeld)
        {
            ThrowNotLocked();
        }
    }

    private static void CheckUsage(FenceUsage usage)
    {
        if (usage is < FenceUsage.Kernel or > FenceUsage.Bookkeep)
        {
            ThrowNotAUsage(usage);
        }
    }

    [DoesNotReturn]
    private static void ThrowNotLocked() => throw new InvalidOperationException("A reservation is changed only while its lock is held.");

    [DoesNotReturn]
    private static void ThrowNotAUsage(FenceUsage usage) => throw new ArgumentOutOfRangeException(nameof(usage), usage, "Not a usage.");

    [DoesNotReturn]
    private static void ThrowContainer(Fence fence) =>
        throw new ArgumentException($"The fence {fence} is made of others. Add those.", nameof(fence));

    [DoesNotReturn]
    private static void ThrowNotReserved() =>
        throw new InvalidOperationException("No slot is reserved. Call Reserve after taking the lock and before the point of no return.");
}
