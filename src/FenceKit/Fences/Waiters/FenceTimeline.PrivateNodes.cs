// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// The nodes of sets: whoever adds one has it to himself and removes it himself, so most of what callbacks need falls away.
public partial class FenceTimeline
{
    /// <summary>
    /// Has a private node wait that belongs to this timeline and knows its target, if the point is armed and nobody else waits or is about to.
    /// </summary>
    /// <returns>False when nothing was done; <see cref="AddRound(FenceCallback, ulong)"/> does it or says why not.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryAddAlone(FenceCallback node)
    {
        ulong target = node.Target;
        if (target > Volatile.Read(ref _hot.ArmedTarget) || !TryEnterQuiet(target, out ulong state))
        {
            return false;
        }

        node.MarkQueuedAlone();
        _hot.First = node;
        LeaveGateWith(state + TimelineState.Waiters);
        return true;
    }

    /// <summary>
    /// For a private node, and only for the one who added it here: until it has left the list it is nobody else's, and nobody asks later.
    /// The usual case stands here: it is alone. Nothing of it stays, or the timeline would keep alive what the set waits for next.
    /// </summary>
    /// <returns>False when a signaler was first; its outcome is in the node then.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryRemovePrivate(FenceCallback node)
    {
        ulong state = Volatile.Read(ref _hot.State);
        if (!TimelineState.HasWaiters(state))
        {
            return false; // as in TryRemove
        }

        if (TimelineState.IsGateHeld(state)
            || !TryTakeGate(state | TimelineState.Gate, state))
        {
            return RemoveContended(node);
        }

        if (!ReferenceEquals(_hot.First, node) || _hot.Last is not null)
        {
            return RemoveListed(node, state);
        }

        _hot.First = null;
        node.MarkFree();
        LeaveGateWith(state & ~TimelineState.Flags);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RemoveContended(FenceCallback node) => RemoveListed(node, EnterGate());

    /// <summary>Under the gate, which it leaves.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RemoveListed(FenceCallback node, ulong state)
    {
        Unseat(state);
        bool isQueued = FenceCallback.IsQueuedWord(node.Word);
        if (isQueued)
        {
            Unlink(node);
            node.MarkFree();
        }

        LeaveGate(state);
        return isQueued;
    }
}
