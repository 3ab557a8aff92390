// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The fences that a subscriber has handed out and that may be pending, for the one who unsubscribes and waits for them.</summary>
/// <remarks>Bounded by the number of the subscriber's timelines: of each the latest is enough.</remarks>
internal sealed class HandedOutFences
{
    private readonly Lock _gate = new();
    private Fence[] _fences = new Fence[4]; // under the gate until the subscription is out of the registry; then nothing is added
    private int _count;

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

    /// <summary>Allocates when the subscriber has more timelines under way than ever before.</summary>
    internal void Add(Fence fence)
    {
        if (fence.IsSignaled)
        {
            return;
        }

        _gate.EnterShielded();
        try
        {
            if (_count == _fences.Length)
            {
                _count = Fence.Merge(_fences);
                if (_count == _fences.Length)
                {
                    Array.Resize(ref _fences, _count * 2);
                }
            }

            _fences[_count++] = fence;
        }
        finally
        {
            _gate.Exit();
        }
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
