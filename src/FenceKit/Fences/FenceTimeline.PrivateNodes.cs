// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// The nodes of sets: whoever adds one has it to himself and removes it himself, so most of what callbacks need falls away.
public partial class FenceTimeline
{
    /// <summary>
    /// As <see cref="TryAdd"/>, for a private node that is removed by <see cref="TryRemovePrivate"/> or not at all: it need not know its timeline.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryAddPrivate(FenceCallback callback, ulong target)
    {
        if (target > Volatile.Read(ref _hot.ArmedTarget))
        {
            return AddRound(callback, target) != NotAdded;
        }

        if (!TryEnterQuiet(target, out ulong state))
        {
            return AddRound(callback, target, state) != NotAdded;
        }

        callback.Target = target;
        callback.MarkQueuedAlone();
        _hot.First = callback;
        AssertInvariants(state);
        Volatile.Write(ref _hot.State, state | TimelineState.Waiters); // leaves the gate, as LeaveGate does
        return true;
    }

    /// <summary>
    /// For a private node, and only for the one who added it here: until it has left the list it is nobody else's, and nobody asks later.
    /// The usual case stands here: it is alone.
    /// </summary>
    /// <returns>False when a signaler was first; its outcome is in the node then.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryRemovePrivate(FenceCallback callback)
    {
        ulong state = Volatile.Read(ref _hot.State);
        if (!TimelineState.HasWaiters(state))
        {
            return false; // as in TryRemove
        }

        ulong seen = state;
        if (TimelineState.IsGateHeld(state)
            || (seen = Interlocked.CompareExchange(ref _hot.State, state | TimelineState.Gate, state)) != state)
        {
            return RemoveUnderGate(callback, EnterGate(seen));
        }

        if (!ReferenceEquals(_hot.First, callback) || _hot.Last is not null)
        {
            Unseat(state);
            return RemoveUnderGate(callback, state);
        }

        _hot.First = null;
        callback.MarkFree();
        AssertInvariants(state);
        Volatile.Write(ref _hot.State, state & ~TimelineState.Flags);
        return true;
    }

    /// <summary>Under the gate, which it leaves.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RemoveUnderGate(FenceCallback callback, ulong state)
    {
        bool isQueued = FenceCallback.IsQueuedWord(callback.Word);
        if (isQueued)
        {
            Unlink(callback);
            callback.MarkFree();
        }

        LeaveGate(state);
        return isQueued;
    }
}
