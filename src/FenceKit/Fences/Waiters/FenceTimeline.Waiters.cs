// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

// Waiters come and go, and run.
//
//   in                                      out
//   --------------------------------------  -----------------------------------------------------------------
//   Add: a callback, a node of a set        TryRemove: a waiter no longer wants to
//   AddForeign: one of another timeline     TryCancel: a token says so (FenceTimeline.Awaiting.cs)
//   Await (FenceTimeline.Awaiting.cs)       SignalWaiters: the only one there is; RunUpTo: all up to a point
//                                           (FenceTimeline.Signaling.cs)
//
// All of them work under the lock bit of the state, and leave it before they call anybody.
public partial class FenceTimeline
{
    /// <summary>What <see cref="Add"/> returns instead of a round when the point is complete already.</summary>
    internal const long NotAdded = 0;

    /// <summary>Adds a callback.</summary>
    /// <param name="callback">The node.</param>
    /// <param name="target">What it waits for.</param>
    /// <returns>
    /// Its word in the round that begins, see <see cref="TryRemove(FenceCallback, long)"/>; <see cref="NotAdded"/> when the point is complete already.
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

            callback.Timeline = this; // nobody else adds it, and a late remover reads its state under our lock bit
        }

        return Enlist(callback, target, state);
    }

    /// <summary>Takes the callback out of the list if it still waits in the round that <paramref name="round"/> was read in.</summary>
    internal bool TryRemove(FenceCallback callback, long round)
    {
        if (TimelineState.IsIdle(_hot.State.Read()))
        {
            return false; // an adder sets the waiters bit when it leaves the lock bit: nobody waits here now
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

    /// <summary>Takes the callback out of the list if it waits for this point, or says what has become of it.</summary>
    internal FenceCallbackRemoval Remove(FenceCallback callback, ulong target)
    {
        // A node may come over to us between two reads. One that is queued in the same round before and after was queued all the time between, and a
        // queued node changes neither its timeline nor its target.
        long round = callback.State.Round;
        if (IsFor(callback, target) && TryRemove(callback, round))
        {
            return FenceCallbackRemoval.Removed;
        }

        return IsFor(callback, target) ? callback.State.DescribeAbsence() : FenceCallbackRemoval.NotAdded;
    }

    /// <summary>Takes the lock bit for a waiter that comes for a point, if the point is still to come. The driver knows of it by then.</summary>
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
            // Before the callback is in the list: if the driver finds that the point is complete, the adder hears it as false, and its
            // callback does not run inside its own add.
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
    /// The callback belongs to another timeline, or to none yet. It comes over to this one first, under the lock bit of the one that it
    /// leaves, so that of two adders on two timelines only one can enlist it. No two lock bits are ever held at once.
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
                    callback.Target = targetBefore; // refused: it is as it was, also for those who ask where it was
                    callback.Timeline = owner;
                }

                LeaveLock(state);
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

        ulong state = owner.EnterLock();
        bool isOwners = ReferenceEquals(callback.Timeline, owner);
        bool isBusy = isOwners && callback.State.IsBusy;
        if (isOwners && !isBusy)
        {
            targetBefore = callback.Target;
            callback.Target = ulong.MaxValue; // of no fence: until it is in a list here, nobody finds it by a point
            Volatile.Write(ref callback.Timeline, this);
        }

        owner.LeaveLock(state);
        if (isBusy)
        {
            FenceThrow.CallbackBusy();
        }

        return isOwners;
    }

    /// <summary>Under the lock bit, which it leaves: puts the callback, which belongs to this timeline, into the list.</summary>
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

    /// <summary>Under the lock bit: takes the callbacks up to a point out of the list and fixes their outcome. They are linked through Next.</summary>
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
        ContinuationBatch continuations = default;
        while (batch is not null)
        {
            // Read the link first: once it runs, the node belongs to its owner again.
            FenceCallback? next = batch.Next;
            batch.Next = null;
            batch.Previous = null;
            batch.Run(ref continuations);
            batch = next;
        }

        continuations.Flush();
    }
}
