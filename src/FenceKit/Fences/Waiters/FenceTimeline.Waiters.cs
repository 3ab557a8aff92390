// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

// Adding, removing and running waiters.
//
//   adding                                  removing
//   --------------------------------------  -----------------------------------------------------------------
//   Add: a callback, a node of a set        TryRemove: a waiter gives up
//   AddForeign: one of another timeline     TryCancel: a token is canceled (FenceTimeline.Awaiting.cs)
//   Await (FenceTimeline.Awaiting.cs)       SignalWaiters: a lone waiter; RunUpTo: all up to a point
//                                           (FenceTimeline.Signaling.cs)
//
// All of them work under the lock bit of the state, and release it before they call other code.
public partial class FenceTimeline
{
    /// <summary>What <see cref="Add"/> returns instead of a round when the point is complete already.</summary>
    internal const long NotAdded = 0;

    /// <summary>Adds a callback.</summary>
    /// <param name="callback">The node.</param>
    /// <param name="target">The target to wait for.</param>
    /// <returns>
    /// The state word of the new round, for <see cref="TryRemove(FenceCallback, long)"/>; <see cref="NotAdded"/> when the point is complete
    /// already.
    /// </returns>
    internal long Add(FenceCallback callback, ulong target)
    {
        if (!TryEnterToWait(target, out ulong state))
        {
            return NotAdded;
        }

        if (!ReferenceEquals(callback.Timeline, this))
        {
            if (!callback.IsInternal)
            {
                LeaveLock(state);
                return AddForeign(callback, target);
            }

            callback.Timeline = this; // no other thread adds it, and a late remover reads its state under the lock bit of this timeline
        }

        return Enlist(callback, target, state);
    }

    /// <summary>Removes the callback from the list if it still waits in the round in which <paramref name="round"/> was read.</summary>
    internal bool TryRemove(FenceCallback callback, long round)
    {
        if (TimelineState.IsIdle(_hot.State.Read()))
        {
            return false; // an adder sets the waiters bit when it releases the lock bit, so there is no waiter now
        }

        ulong state = EnterLock();
        bool removed = ReferenceEquals(callback.Timeline, this) && callback.State.IsStillQueued(round);
        if (removed)
        {
            _hot.Waiters.Remove(callback);
            callback.State.Withdraw();
        }

        LeaveLock(state);
        return removed;
    }

    /// <summary>Removes the callback from the list if it waits for this point, or returns why it does not.</summary>
    internal FenceCallbackRemoval Remove(FenceCallback callback, ulong target)
    {
        // The node may be moved to this timeline between two reads. If it is queued in the same round before and after, it was queued all the
        // time in between, and a queued node changes neither its timeline nor its target.
        long round = callback.State.Round;
        if (IsFor(callback, target) && TryRemove(callback, round))
        {
            return FenceCallbackRemoval.Removed;
        }

        return IsFor(callback, target) ? callback.State.DescribeAbsence() : FenceCallbackRemoval.NotAdded;
    }

    /// <summary>Takes the lock bit to add a waiter for a point, if the point is pending. The driver was asked to enable signaling by then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryEnterToWait(ulong target, out ulong state)
    {
        if (target <= Volatile.Read(ref _hot.ArmedTarget))
        {
            if (_hot.State.TryEnterIdle(target, out state))
            {
                return true;
            }
        }

        return TryEnterToWaitSlow(target, out state);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryEnterToWaitSlow(ulong target, out ulong state)
    {
        state = _hot.State.Read();
        if (target > Volatile.Read(ref _hot.ArmedTarget) && !TimelineState.HasReached(state, target))
        {
            // Before the callback is added: if the driver finds that the point is complete, the add returns false, and the callback does not
            // run inside its own add.
            EnableSignaling(target);
            state = _hot.State.Read();
        }

        if (TimelineState.HasReached(state, target))
        {
            return false;
        }

        state = EnterLock();
        if (TimelineState.HasReached(state, target))
        {
            LeaveLock(state);
            return false;
        }

        return true;
    }

    /// <summary>
    /// Adds a callback that belongs to another timeline, or to none yet. It is first moved to this timeline under the lock bit of the old
    /// one, so that of two adders on two timelines only one can add it. Two lock bits are never held at the same time.
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
                continue; // another thread has moved it
            }

            ulong state = EnterLock();
            if (!ReferenceEquals(callback.Timeline, this))
            {
                LeaveLock(state);
                continue;
            }

            if (TimelineState.HasReached(state, target))
            {
                if (isAdopted && !callback.State.IsBusy)
                {
                    callback.Target = targetBefore; // restored, since the callback was not added
                    callback.Timeline = owner;
                }

                LeaveLock(state);
                return NotAdded;
            }

            return Enlist(callback, target, state);
        }
    }

    /// <summary>Moves the node to this timeline if it still belongs to <paramref name="owner"/> and is free.</summary>
    private bool TryAdopt(FenceCallback callback, FenceTimeline? owner, out ulong targetBefore)
    {
        targetBefore = 0;
        if (owner is null)
        {
            return Interlocked.CompareExchange(ref callback.Timeline, this, null) is null;
        }

        ulong state = owner.EnterLock();
        bool isOwners = ReferenceEquals(callback.Timeline, owner);
        bool isBusy = isOwners && callback.State.IsBusy;
        if (isOwners && !isBusy)
        {
            targetBefore = callback.Target;
            callback.Target = ulong.MaxValue; // of no fence, so that no remover finds it by a point before it is added here
            Volatile.Write(ref callback.Timeline, this);
        }

        owner.LeaveLock(state);
        if (isBusy)
        {
            FenceThrow.CallbackBusy();
        }

        return isOwners;
    }

    /// <summary>Called with the lock bit, which it releases: adds a callback that belongs to this timeline to the list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long Enlist(FenceCallback callback, ulong target, ulong state)
    {
        if (callback.State.IsBusy)
        {
            LeaveLock(state);
            FenceThrow.CallbackBusy();
        }

        callback.Target = target;
        _hot.Waiters.Add(callback);
        long round = callback.State.BeginRound();
        LeaveLock(state, hasWaiters: true);
        return round;
    }

    private bool IsFor(FenceCallback callback, ulong target) => ReferenceEquals(callback.Timeline, this) && callback.Target == target;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong EnterLock() => _hot.State.Enter();

    private void LeaveLock(ulong state) => LeaveLock(state, hasWaiters: !_hot.Waiters.IsEmpty);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void LeaveLock(ulong state, bool hasWaiters)
    {
        _hot.Waiters.AssertInvariants(state);
        _hot.State.Leave(state, hasWaiters);
    }

    /// <summary>
    /// Under the lock bit: takes the callbacks up to a point out of the list, and sets their outcome. They are linked through Next.
    /// </summary>
    private FenceCallback? DetachUpTo(ulong target, FenceStatus status, Exception? error)
    {
        FenceCallback? batch = _hot.Waiters.TakeUpTo(target);
        for (FenceCallback? node = batch; node is not null; node = node.Next)
        {
            if (HasGivenUp && status == FenceStatus.Signaled)
            {
                node.Detach(OutcomeInSignal(node.Target, out Exception? ownError), ownError);
            }
            else
            {
                node.Detach(status, error);
            }
        }

        return batch;
    }

    /// <summary>Runs detached callbacks, without recursion if the stack is almost used up.</summary>
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
        ContinuationBatch continuations = default;
        while (batch is not null)
        {
            // The link is read first: once the node runs, its owner may use it again.
            FenceCallback? next = batch.Next;
            batch.Next = null;
            batch.Previous = null;
            batch.Run(ref continuations);
            batch = next;
        }

        continuations.Flush();
    }
}
