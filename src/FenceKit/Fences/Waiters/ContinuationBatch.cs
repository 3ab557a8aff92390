// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// A linked list of the continuations that one signal queues to the thread pool. The signaler queues only the first; each of them queues the
/// next one before it runs. So the signaler pays for one work item however many waiters there are, and no continuation has to wait for
/// another one that blocks.
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

    /// <summary>Creates the batch of a signal that has already found that there is enough stack.</summary>
    internal static ContinuationBatch WithRoom() => new() { _room = Room.Enough };

    /// <summary>
    /// Whether continuations may run on the stack of the signaler. Checked once, since all continuations of one signal start at the same
    /// depth.
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

    /// <summary>Adds a node whose outcome is delivered: no other code uses its link until its continuation runs.</summary>
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

    /// <summary>Queues the gathered continuations. Called before user code runs, so that they do not have to wait for it.</summary>
    internal void Flush()
    {
        if (_first is not null)
        {
            QueueToPool(_first);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void QueueToPool(FenceAwaitNode first)
    {
        _first = null;
        _last = null;
        FenceContract.QueueToPool(first, preferLocal: true);
    }
}
