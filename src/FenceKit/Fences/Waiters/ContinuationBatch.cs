// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// The continuations that one signal releases to the thread pool, as a chain. The signaler queues the first only; each queues the one
/// behind it before it runs. So the signaler pays for one hand-off however many wait, and no continuation stands behind another that blocks.
/// </summary>
internal struct ContinuationBatch
{
    private FenceAwaitNode? _first;
    private FenceAwaitNode? _last;
    private Room _room;

    private enum Room : byte
    {
        Unknown = 0,
        Enough = 1,
        NotEnough = 2,
    }

    /// <summary>The batch of a signal that has asked already, and has room.</summary>
    internal static ContinuationBatch WithRoom() => new() { _room = Room.Enough };

    /// <summary>
    /// Whether continuations may run on the stack of the signaler. Asked once: all that one signal releases begin at the same depth.
    /// </summary>
    internal bool HasRoom
    {
        get
        {
            if (_room == Room.Unknown)
            {
                _room = CallbackTrampoline.HasRoom ? Room.Enough : Room.NotEnough;
            }

            return _room == Room.Enough;
        }
    }

    /// <summary>The node has been delivered: nobody else uses its link until its continuation has run.</summary>
    internal void Add(FenceAwaitNode node)
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
        if (_first is not null)
        {
            HandOver(_first);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HandOver(FenceAwaitNode first)
    {
        _first = null;
        _last = null;
        FenceContract.HandOver(first, preferLocal: true);
    }
}
