// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>
/// The fences of one resource by usage: of writers, of readers, and of work that keeps it alive. Changed under its <see cref="Lock"/>, read
/// without it. Modeled on the kernel's dma_resv.
/// </summary>
/// <remarks>
/// <para>
/// <see cref="Reserve"/> makes room before the point of no return, and may allocate; afterwards <see cref="Add"/> cannot fail. There is one
/// entry for each timeline with a pending fence, so the size is bounded by the number of producers.
/// </para>
/// <para>
/// A failed fence stays until the resource is written again, so that late waiters learn of the failure as early ones did. Failed means
/// <see cref="FenceStatus.Faulted"/>, or <see cref="FenceStatus.Retired"/>, whose outcome is unknown. <see cref="Add"/> with
/// <see cref="FenceUsage.Write"/>, <see cref="Replace"/> of its timeline, and <see cref="ForgetFaults"/> remove it. It is complete, so nobody
/// waits for it, and it is not among the pending fences.
/// </para>
/// <para>
/// <b>Thread safety</b>: the caller of a member that changes the reservation must hold the lock; the other members are lock-free, and may be
/// called from any thread at any time.
/// </para>
/// </remarks>
[DebuggerDisplay("{Count} fences")]
public sealed partial class FenceReservation
{
    private const int SmallestCapacity = 4;

    private Entry[] _entries = [];
    private int _count;
    private int _reserved;        // free entries that Add may use; under the lock
    private ulong _reservedIn;    // the value of Lock.Acquisitions when they were reserved
    private SequenceLock _sequence;    // guards _entries and _count: written by the holder of the lock, read by everyone

    /// <summary>Creates an empty reservation.</summary>
    /// <param name="reservationLock">The lock that guards the reservation; several reservations may share it.</param>
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

    /// <summary>The lock that guards the reservation.</summary>
    public WoundWaitLock Lock { get; }

    /// <summary>The number of entries, including those whose fences are complete or have failed.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>
    /// Makes room for fences, before the point of no return: if there is too little, removes signaled fences, and allocates if that is not
    /// enough.
    /// </summary>
    /// <param name="count">The number of calls of <see cref="Add"/> that must succeed before the lock is released.</param>
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

    /// <summary>Adds a fence. Cannot fail after <see cref="Reserve"/>.</summary>
    /// <param name="fence">The fence. If the timeline has an entry already, the later of both points is kept.</param>
    /// <param name="usage">
    /// How the work behind the fence uses the resource. If the timeline has a pending entry already, the stronger of both usages is kept.
    /// </param>
    /// <remarks>
    /// Never allocates. A fence that has signaled is not stored. Adding a <see cref="FenceUsage.Write"/> removes failed fences: the writer
    /// has waited for all earlier fences, or depends on them, so it knows of the failures.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The lock is not held, or no room was reserved since it was taken.</exception>
    /// <exception cref="ArgumentException">The fence belongs to a <see cref="FenceArray"/>; add the members of the array instead.</exception>
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
        FenceContract.Export(fence.Timeline?.ContractMap); // any holder of the lock may wait for the fence
        if (usage == FenceUsage.Write)
        {
            DropFailed();
        }

        if (!HasSucceeded(fence))
        {
            Put(fence, usage);
        }
    }

    /// <summary>Removes failed fences, for instance after the resource was cleared without a fence.</summary>
    /// <returns>The number of fences that were removed.</returns>
    /// <remarks>Never allocates.</remarks>
    /// <exception cref="InvalidOperationException">The lock is not held.</exception>
    public int ForgetFaults()
    {
        CheckLocked();
        return DropFailed();
    }

    /// <summary>Replaces the fence of a timeline by another fence, for instance when access ends earlier than expected.</summary>
    /// <param name="old">Any fence of the timeline whose entry is replaced.</param>
    /// <param name="replacement">The new fence; if it has signaled, the entry is removed.</param>
    /// <param name="usage">The usage of the replacement.</param>
    /// <returns>False if that timeline has no entry; nothing changes then.</returns>
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

        // Both changes are one write: a reader that saw neither fence would take the resource for idle.
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

    /// <summary>Adds or updates an entry. Called between BeginWrite and EndWrite.</summary>
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
                entry.Fence = fence; // not stored otherwise, which saves the GC write barrier
            }
        }
        else
        {
            _entries[_count].Fence = fence;
            _entries[_count].Usage = usage;
            _count++;
        }
    }

    /// <summary>Removes signaled fences, and grows only if that is not enough.</summary>
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

    /// <summary>
    /// Merges a failed entry into another failed entry of its timeline. So a timeline has at most two entries: one that failed, and one that
    /// did not.
    /// </summary>
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

    // IsSignaled comes first: most fences are pending, and then a single load decides.
    private static bool HasSucceeded(Fence fence) => fence.IsSignaled && fence.Status == FenceStatus.Signaled;

    private static bool HasFailed(Fence fence) =>
        fence.IsSignaled && fence.Status is (FenceStatus.Faulted or FenceStatus.Retired);

    private void RemoveAt(int index)
    {
        _count--;
        _entries[index] = _entries[_count];
        _entries[_count] = default;
    }

    /// <summary>Finds the entry of a timeline that a later fence may overwrite. A failed entry must stay.</summary>
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
