// SPDX-License-Identifier: MIT
using System.Buffers;

namespace FenceKit;

// What is read without the lock: the version before and after says whether it was all of one moment.
public sealed partial class FenceReservation
{
    /// <summary>The pending fences of a usage and the stronger ones, without the lock, for <c>foreach</c>, with a flag for restarts.</summary>
    internal FenceReservationEnumerator Fences(FenceUsage usage)
    {
        CheckUsage(usage);
        return new FenceReservationEnumerator(this, usage, withFailed: false);
    }

    /// <summary>Copies the pending fences of a usage and the stronger ones, all of one moment, without the lock.</summary>
    /// <param name="usage">Asking for <see cref="FenceUsage.Read"/> gives kernel, write and read.</param>
    /// <param name="into">Where to.</param>
    /// <returns>How many there are; more than fit means that only the first were copied.</returns>
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

    /// <summary>Whether nothing of a usage, or a stronger one, is pending.</summary>
    /// <param name="usage">The usage.</param>
    /// <returns>True if all are complete.</returns>
    /// <remarks>Lock-free, never allocates. A look, not a wait: what was added meanwhile may or may not be seen.</remarks>
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

    /// <summary>Blocks until everything of a usage and the stronger ones is complete, or the time is over.</summary>
    /// <param name="usage">A new writer waits for <see cref="FenceUsage.Read"/>, a new reader for <see cref="FenceUsage.Write"/>.</param>
    /// <param name="timeout">How long at most for all together.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>
    /// <see cref="FenceStatus.Pending"/> when the time ran out, otherwise as <see cref="Fence.WaitAll(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>.
    /// </returns>
    /// <remarks>
    /// Waits for what is there at the call. The lock may be held or not. <see cref="FenceStatus.Faulted"/> also when a fence failed before the call
    /// and the resource has not been written since.
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

    /// <summary>Waits without a thread until the fences of a usage are complete, see <see cref="Wait"/>.</summary>
    /// <param name="usage">The usage.</param>
    /// <param name="timeout">How long at most for all together.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Something to await, once.</returns>
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

    /// <summary>One fence for everything of a usage and the stronger ones.</summary>
    /// <param name="usage">The usage.</param>
    /// <param name="array">Used when there are several.</param>
    /// <param name="fence">
    /// Complete when there is none; the fence itself when there is one, also one that failed; otherwise the fence of the array.
    /// </param>
    /// <returns>False when the array is still in use (see <see cref="FenceArray.TryArmAll"/>).</returns>
    /// <exception cref="ArgumentNullException"><paramref name="array"/> is null.</exception>
    /// <exception cref="ArgumentException">The array has no room for them.</exception>
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

    /// <summary>Asks all pending fences of a usage and the stronger ones to be quick.</summary>
    /// <param name="usage">The usage.</param>
    /// <param name="fromNow">By when.</param>
    public void SetDeadline(FenceUsage usage, TimeSpan fromNow)
    {
        foreach (Fence fence in Fences(usage))
        {
            fence.SetDeadline(fromNow); // a hint: asking twice after a restart does no harm
        }
    }

    /// <summary>Reads one entry; all or nothing of it.</summary>
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

    /// <summary>May see entries half written; the caller throws the answer away then.</summary>
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

    /// <summary>What is pending, and what failed: the outcome of a wait for all is then the one of the resource.</summary>
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
