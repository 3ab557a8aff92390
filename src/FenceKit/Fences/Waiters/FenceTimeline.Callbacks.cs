// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

// Callbacks come, go and run. The list that they wait in is in FenceTimeline.CallbackList.cs.
public partial class FenceTimeline
{
    /// <summary>No word of a round that waits.</summary>
    internal const long NotAdded = 0;

    /// <summary>
    /// As <see cref="AddRound(FenceCallback, ulong)"/>. The usual case stands here: nobody waits. Whatever else there is, is called and not
    /// looked at again, so that nothing has to be kept in memory for it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryAdd(FenceCallback callback, ulong target)
    {
        if (target > Volatile.Read(ref _hot.ArmedTarget))
        {
            return AddRound(callback, target) != NotAdded;
        }

        if (!TryEnterQuiet(target, out ulong state))
        {
            return AddRound(callback, target, state) != NotAdded;
        }

        return AddUnderGate(callback, target, state) != NotAdded;
    }

    /// <summary>Puts a callback into the list.</summary>
    /// <param name="callback">The node.</param>
    /// <param name="target">What it waits for.</param>
    /// <returns>
    /// Its word in the round that begins, see <see cref="TryRemoveRound"/>; <see cref="NotAdded"/> when the point is complete already.
    /// </returns>
    internal long AddRound(FenceCallback callback, ulong target) => AddRound(callback, target, Volatile.Read(ref _hot.State));

    /// <inheritdoc cref="AddRound(FenceCallback, ulong)"/>
    /// <param name="callback">The node.</param>
    /// <param name="target">What it waits for.</param>
    /// <param name="state">The word as it was a moment ago.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long AddRound(FenceCallback callback, ulong target, ulong state)
    {
        if (TimelineState.HasReached(state, target))
        {
            return NotAdded;
        }

        if (target > Volatile.Read(ref _hot.ArmedTarget))
        {
            // Before the callback is in the list: if the driver finds that the point is complete, the adder hears it as false, and its
            // callback does not run inside its own add.
            EnableSignaling(target);
            state = Volatile.Read(ref _hot.State);
        }

        return AddUnderGate(callback, target, EnterGate(state));
    }

    /// <summary>Under the gate, which it leaves.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long AddUnderGate(FenceCallback callback, ulong target, ulong state)
    {
        if (TimelineState.HasReached(state, target))
        {
            LeaveGate(state);
            return NotAdded;
        }

        if (!ReferenceEquals(callback.Timeline, this))
        {
            if (!callback.IsPrivate)
            {
                LeaveGate(state);
                return AddForeign(callback, target);
            }

            callback.Timeline = this; // nobody else adds it, and whoever comes late to remove it looks at the word under our gate
        }

        return Enlist(callback, target, state);
    }

    /// <summary>
    /// The callback belongs to another timeline, or to none yet. It comes over to this one first, under the gate of the one that it
    /// leaves, so that of two adders on two timelines only one can enlist it. No two gates are ever held at once.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long AddForeign(FenceCallback callback, ulong target)
    {
        while (true)
        {
            FenceTimeline? owner = Volatile.Read(ref callback.Timeline);
            bool isAdopted = !ReferenceEquals(owner, this);
            ulong targetBefore = 0;
            if (isAdopted && !TryAdopt(callback, owner, out targetBefore))
            {
                continue; // somebody else took it over
            }

            ulong state = EnterGate();
            if (!ReferenceEquals(callback.Timeline, this))
            {
                LeaveGate(state);
                continue;
            }

            if (TimelineState.HasReached(state, target))
            {
                if (isAdopted && !FenceCallback.IsBusyWord(callback.Word))
                {
                    callback.Target = targetBefore; // refused: it is as it was, also for those who ask where it was
                    callback.Timeline = owner;
                }

                LeaveGate(state);
                return NotAdded;
            }

            return Enlist(callback, target, state);
        }
    }

    /// <summary>Makes the node ours if it still belongs to <paramref name="owner"/> and is free.</summary>
    private bool TryAdopt(FenceCallback callback, FenceTimeline? owner, out ulong targetBefore)
    {
        targetBefore = 0;
        if (owner is null)
        {
            return Interlocked.CompareExchange(ref callback.Timeline, this, null) is null;
        }

        ulong state = owner.EnterGate();
        bool isOwners = ReferenceEquals(callback.Timeline, owner);
        bool isBusy = isOwners && FenceCallback.IsBusyWord(callback.Word);
        if (isOwners && !isBusy)
        {
            targetBefore = callback.Target;
            owner.Vacate(callback);
            callback.Target = ulong.MaxValue; // of no fence: until it is in a list here, nobody finds it by a point
            Volatile.Write(ref callback.Timeline, this);
        }

        owner.LeaveGate(state);
        if (isBusy)
        {
            FenceThrow.CallbackBusy();
        }

        return isOwners;
    }

    /// <summary>Under the gate, which it leaves: puts the callback, which belongs to this timeline, into the list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long Enlist(FenceCallback callback, ulong target, ulong state)
    {
        long word = callback.Word;
        if (FenceCallback.IsBusyWord(word))
        {
            LeaveGate(state);
            FenceThrow.CallbackBusy();
        }

        callback.Target = target;
        if (_hot.First is not null)
        {
            Insert(callback);
        }
        else if (!ReferenceEquals(_hot.Seated, callback))
        {
            _hot.First = callback; // its links are null: whoever takes a node out of a list clears them
        }

        word = callback.MarkQueued(word);
        LeaveGateWith(state | TimelineState.Waiters);
        return word;
    }

    internal FenceCallbackRemoval TryRemove(FenceCallback callback, ulong target)
    {
        if (!TimelineState.HasWaiters(Volatile.Read(ref _hot.State)))
        {
            // An adder sets the waiters bit when it leaves the gate, and only a signaler or a remover clears it: nobody waits here now.
            return IsFor(callback, target) ? callback.DescribeAbsence() : FenceCallbackRemoval.NotAdded;
        }

        ulong state = EnterGate();

        // The word before and after: a node may come over to us, under another gate than ours, between two reads. One that was queued in
        // the same round at both was queued all the time between, and a queued node does not change its timeline.
        long word = callback.Word;
        bool removed = FenceCallback.IsQueuedWord(word) && IsFor(callback, target) && callback.Word == word;
        if (removed)
        {
            Unlink(callback);
            callback.MarkRemoved();
            Vacate(callback);
        }

        LeaveGate(state);
        return removed ? FenceCallbackRemoval.Removed
            : IsFor(callback, target) ? callback.DescribeAbsence()
            : FenceCallbackRemoval.NotAdded;
    }

    /// <summary>Removes the callback only if it is still in the round that <paramref name="word"/> was read in: for late timers and tokens.</summary>
    internal bool TryRemoveRound(FenceCallback callback, long word)
    {
        ulong state = EnterGate();
        bool removed = ReferenceEquals(callback.Timeline, this) && callback.IsStillQueued(word);
        if (removed)
        {
            Unlink(callback);
            callback.MarkRemoved();
        }

        LeaveGate(state);
        return removed;
    }

    private bool IsFor(FenceCallback callback, ulong target) => ReferenceEquals(callback.Timeline, this) && callback.Target == target;

    /// <summary>Runs what a signal has detached: here, or without recursion where the stack is almost used up.</summary>
    private static void RunAll(FenceCallback? batch)
    {
        if (batch is null)
        {
            return;
        }

        if (CallbackTrampoline.HasRoom)
        {
            RunBatch(batch);
        }
        else
        {
            CallbackTrampoline.Run(batch);
        }
    }

    /// <summary>Runs detached callbacks, of one timeline or of several.</summary>
    internal static void RunBatch(FenceCallback batch)
    {
        if (FenceContract.IsChecked)
        {
            RunBatchChecked(batch);
            return;
        }

        RunEach(batch);
    }

    private static void RunEach(FenceCallback? batch)
    {
        FenceHandOff handOff = default;
        while (batch is not null)
        {
            // Read the link first: once it runs, the node belongs to its owner again.
            FenceCallback? next = batch.Next;
            batch.Next = null;
            batch.Previous = null;
            batch.Run(ref handOff);
            batch = next;
        }

        handOff.Flush();
    }
}
