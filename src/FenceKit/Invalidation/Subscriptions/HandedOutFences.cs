// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The fences that a subscriber has handed out and that may be pending, for the one who unsubscribes and waits for them.</summary>
/// <remarks>
/// Of each of the subscriber's timelines the latest is enough. A fixed number of places, so that phase A allocates nothing: one is set aside
/// before the subscriber is called, and where none is free the subscriber cannot be asked, which is a refusal like any other.
/// </remarks>
internal sealed class HandedOutFences
{
    /// <summary>Timelines with a pending fence, and calls under way, at the same time.</summary>
    internal const int Capacity = 256;

    private readonly Fence[] _fences = new Fence[Capacity]; // under the lock until the subscription is out of the registry; then nothing is added
    private SpinningLock _lock; // held for a walk over the places in use
    private int _count;
    private int _setAside;

    /// <summary>Nothing is added any more. Whether all are complete at this moment.</summary>
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

    /// <summary>Sets an entry aside for one call of the subscriber. False: all are taken by fences that are pending.</summary>
    internal bool TrySetAside()
    {
        _lock.Enter();
        if (_count + _setAside == Capacity)
        {
            DropCompleteLocked();
        }

        bool hasRoom = _count + _setAside < Capacity;
        _setAside += hasRoom ? 1 : 0;
        _lock.Exit();
        return hasRoom;
    }

    /// <summary>Fills the entry that was set aside for a call. Called after it.</summary>
    /// <param name="fence">What the subscriber handed back; <c>default</c> for nothing, or when it refused or threw.</param>
    internal void Add(Fence fence)
    {
        bool isPending = !fence.IsSignaled;
        _lock.Enter();
        _setAside--;
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

    /// <summary>Nothing is added any more. False: some are pending when the time is over. However they complete, they are done with.</summary>
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
