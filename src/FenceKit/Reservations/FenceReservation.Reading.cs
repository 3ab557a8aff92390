// SPDX-License-Identifier: MIT
using System.Buffers;

namespace FenceKit;

// Members that read without the lock. Each reads a version before and after, and starts over if the reservation was changed in between.
public sealed partial class FenceReservation
{
    /// <summary>
    /// Enumerates the pending fences of a usage and the stronger ones without the lock. The enumerator tells when it has restarted.
    /// </summary>
    internal FenceReservationEnumerator Fences(FenceUsage usage)
    {
        CheckUsage(usage);
        return new FenceReservationEnumerator(this, usage, withFailed: false);
    }

    /// <summary>Copies a consistent snapshot of the pending fences of a usage and the stronger ones, without the lock.</summary>
    /// <param name="usage">The weakest usage to include: <see cref="FenceUsage.Read"/> stands for kernel, write and read.</param>
    /// <param name="into">The span to copy to.</param>
    /// <returns>The number of fences. If it exceeds the length of the span, only the first ones were copied.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="usage"/> is none of the named values.</exception>
    public int CopyFences(FenceUsage usage, Span<Fence> into) => Copy(Fences(usage), into);

    private static int Copy(FenceReservationEnumerator walk, Span<Fence> into)
    {
        int count = 0;
        while (walk.MoveNext())
        {
            count = walk.IsRestarted ? 0 : count;
            if (count < into.Length)
            {
                into[count] = walk.Current;
            }

            count++;
        }

        return walk.IsRestarted ? 0 : count;
    }

    /// <summary>Whether all fences of a usage and the stronger ones are complete.</summary>
    /// <param name="usage">The usage.</param>
    /// <returns>True if none is pending.</returns>
    /// <remarks>Lock-free, never allocates. A fence that is added during the call may or may not be seen.</remarks>
    public bool IsSignaled(FenceUsage usage)
    {
        CheckUsage(usage);
        while (true)
        {
            int version = _sequence.BeginRead();
            bool isAnyPending = IsAnyPending(usage);
            if (_sequence.IsUnchanged(version))
            {
                return !isAnyPending;
            }
        }
    }

    /// <summary>Blocks until all fences of a usage and the stronger ones are complete, or the time has run out.</summary>
    /// <param name="usage">A new writer waits for <see cref="FenceUsage.Read"/>, a new reader for <see cref="FenceUsage.Write"/>.</param>
    /// <param name="timeout">The longest time to wait, for all fences together.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>
    /// <see cref="FenceStatus.Pending"/> when the time ran out, otherwise the status that
    /// <see cref="Fence.WaitAll(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/> returns for these fences.
    /// </returns>
    /// <remarks>
    /// Waits for the fences that are there at the time of the call. The caller may hold the lock. The result is
    /// <see cref="FenceStatus.Faulted"/> also when a fence failed before the call and the resource has not been written since.
    /// </remarks>
    public FenceStatus Wait(FenceUsage usage, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        Fence[] fences = RentCopy(usage, out int count);
        try
        {
            return Fence.WaitAll(fences.AsSpan(0, count), timeout, cancellationToken).Status;
        }
        finally
        {
            ArrayPool<Fence>.Shared.Return(fences, clearArray: true);
        }
    }

    /// <summary>Waits, without blocking a thread, until the fences of a usage are complete; see <see cref="Wait"/>.</summary>
    /// <param name="usage">The usage.</param>
    /// <param name="timeout">The longest time to wait, for all fences together.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>An awaitable for the outcome. Await it once.</returns>
    public FenceSetAwaitable WaitAsync(FenceUsage usage, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        Fence[] fences = RentCopy(usage, out int count);
        try
        {
            return Fence.WaitAllAsync(fences.AsSpan(0, count), timeout, cancellationToken);
        }
        finally
        {
            ArrayPool<Fence>.Shared.Return(fences, clearArray: true);
        }
    }

    /// <summary>Returns one fence that stands for all fences of a usage and the stronger ones.</summary>
    /// <param name="usage">The usage.</param>
    /// <param name="array">The array that combines the fences when there are several.</param>
    /// <param name="fence">
    /// An already signaled fence when there is none; the only fence when there is one, also when it has failed; otherwise the fence of the
    /// array.
    /// </param>
    /// <returns>False when the array is still in use (see <see cref="FenceArray.TryArmAll"/>).</returns>
    /// <exception cref="ArgumentNullException"><paramref name="array"/> is null.</exception>
    /// <exception cref="ArgumentException">The array is too small for the fences.</exception>
    public bool TryGetSingleton(FenceUsage usage, FenceArray array, out Fence fence)
    {
        ArgumentNullException.ThrowIfNull(array);
        Fence[] fences = RentCopy(usage, out int count);
        try
        {
            fence = count == 1 ? fences[0] : default;
            return count <= 1 || array.TryArmAll(fences.AsSpan(0, count), out fence);
        }
        finally
        {
            ArrayPool<Fence>.Shared.Return(fences, clearArray: true);
        }
    }

    /// <summary>Passes a deadline hint to all pending fences of a usage and the stronger ones.</summary>
    /// <param name="usage">The usage.</param>
    /// <param name="fromNow">The time by which the fences should signal, from now.</param>
    public void SetDeadline(FenceUsage usage, TimeSpan fromNow)
    {
        foreach (Fence fence in Fences(usage))
        {
            fence.SetDeadline(fromNow); // only a hint, so setting it twice after a restart does no harm
        }
    }

    /// <summary>Reads one entry consistently, or reports that the reservation has changed.</summary>
    internal ReadResult TryRead(ref int version, int index, out Fence fence, out FenceUsage usage)
    {
        int now = _sequence.BeginRead();
        fence = default;
        usage = default;
        if (now != version)
        {
            version = now;
            return ReadResult.Changed;
        }

        Entry[] entries = Volatile.Read(ref _entries);
        bool isEnd = index >= Math.Min(Volatile.Read(ref _count), entries.Length);
        Entry entry = isEnd ? default : entries[index];

        if (!_sequence.IsUnchanged(now))
        {
            version = -1;
            return ReadResult.Changed;
        }

        fence = entry.Fence;
        usage = entry.Usage;
        return isEnd ? ReadResult.End : ReadResult.Read;
    }

    /// <summary>May read entries while they are written; the caller checks the version and discards the result then.</summary>
    private bool IsAnyPending(FenceUsage usage)
    {
        Entry[] entries = Volatile.Read(ref _entries);
        int count = Math.Min(Volatile.Read(ref _count), entries.Length);
        for (int i = 0; i < count; i++)
        {
            if (entries[i].Usage <= usage && !entries[i].Fence.IsSignaled)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Copies the pending and the failed fences, so that a wait for all of them has the outcome of the resource.</summary>
    private Fence[] RentCopy(FenceUsage usage, out int count)
    {
        CheckUsage(usage);
        Fence[] fences = ArrayPool<Fence>.Shared.Rent(Math.Max(1, Count));
        while ((count = Copy(new FenceReservationEnumerator(this, usage, withFailed: true), fences)) > fences.Length)
        {
            ArrayPool<Fence>.Shared.Return(fences, clearArray: true);
            fences = ArrayPool<Fence>.Shared.Rent(count);
        }

        return fences;
    }
}
