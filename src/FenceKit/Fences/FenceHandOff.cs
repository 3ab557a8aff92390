// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The continuations that one signal releases to the thread pool, as a chain. The signaler queues the first only; each queues the one
/// behind it before it runs. So the signaler pays for one hand-off however many wait, and no continuation stands behind another that blocks.
/// </summary>
internal struct FenceHandOff
{
    private FenceContinuationNode? _first;
    private FenceContinuationNode? _last;

    /// <summary>The node has been delivered: nobody else uses its link until its continuation has run.</summary>
    internal void Add(FenceContinuationNode node)
    {
        if (_last is null)
        {
            _first = node;
        }
        else
        {
            _last.Next = node;
        }

        _last = node;
    }

    /// <summary>Queues what has gathered. Before code of a user runs, so that nothing of ours waits behind it.</summary>
    internal void Flush()
    {
        if (_first is null)
        {
            return;
        }

        FenceContinuationNode first = _first;
        _first = null;
        _last = null;
        FenceContract.HandOver(first, preferLocal: true);
    }
}
