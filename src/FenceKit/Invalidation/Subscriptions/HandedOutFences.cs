// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The possibly pending fences that a subscriber has returned. Unsubscribing waits for them.</summary>
/// <remarks>
/// The latest fence of each timeline is enough. The number of entries is fixed, so that phase A allocates nothing. An entry is reserved
/// before the subscriber is called; when none is free, the schedule is refused.
/// </remarks>
internal sealed class HandedOutFences
{
    /// <summary>The maximum number of timelines with a pending fence plus calls in progress.</summary>
    internal const int Capacity = 256;

    // Under the lock until the subscription is out of the registry; after that no fence is added.
    private readonly Fence[] _fences = new Fence[Capacity];
    private SpinningLock _lock; // held for a walk over the used entries
    private int _count;
    private int _reserved;

    /// <summary>Whether all fences are complete now. Called when no fence is added any more.</summary>
    internal bool AreComplete
    {
        get
        {
            foreach (Fence fence in _fences.AsSpan(0, _count))
            {
                if (!fence.IsSignaled)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Reserves an entry for one call of the subscriber. False when all are taken by pending fences.</summary>
    internal bool TryReserve()
    {
        _lock.Enter();
        if (_count + _reserved == Capacity)
        {
            DropCompleteLocked();
        }

        bool hasRoom = _count + _reserved < Capacity;
        _reserved += hasRoom ? 1 : 0;
        _lock.Exit();
        return hasRoom;
    }

    /// <summary>Fills the entry that was reserved for a call, after the call.</summary>
    /// <param name="fence">The fence that the subscriber returned; <c>default</c> for none, or when it refused or threw.</param>
    internal void Add(Fence fence)
    {
        bool isPending = !fence.IsSignaled;
        _lock.Enter();
        _reserved--;
        if (isPending)
        {
            PutLocked(fence);
        }

        _lock.Exit();
    }

    private void PutLocked(Fence fence)
    {
        for (int index = 0; index < _count; index++)
        {
            ref Fence known = ref _fences[index];
            if (ReferenceEquals(known.Timeline, fence.Timeline))
            {
                known = fence.Target > known.Target ? fence : known;
                return;
            }
        }

        _fences[_count++] = fence;
    }

    private void DropCompleteLocked()
    {
        int kept = 0;
        for (int index = 0; index < _count; index++)
        {
            if (!_fences[index].IsSignaled)
            {
                _fences[kept++] = _fences[index];
            }
        }

        Array.Clear(_fences, kept, _count - kept);
        _count = kept;
    }

    /// <summary>
    /// Waits for all fences, when no fence is added any more. False when some are pending when the time is over. Faulted fences count as
    /// complete.
    /// </summary>
    internal bool Wait(WaitBudget left)
    {
        foreach (Fence fence in _fences.AsSpan(0, _count))
        {
            if (fence.Wait(left.Remaining) == FenceStatus.Pending)
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc cref="Wait"/>
    internal async ValueTask<bool> WaitAsync(WaitBudget left)
    {
        for (int index = 0; index < _count; index++)
        {
            if (await _fences[index].WaitAsync(left.Remaining, default).ConfigureAwait(FenceContinuation.ThreadPool) == FenceStatus.Pending)
            {
                return false;
            }
        }

        return true;
    }
}
