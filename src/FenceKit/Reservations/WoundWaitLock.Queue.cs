// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Diagnostics;

namespace FenceKit;

// Which context may wait for which. Wound-wait: only a younger context for an older one, so an older context that has to wait wounds the
// younger holder, which then backs off. Wait-die: only an older context for a younger one, so a younger context backs off instead of waiting.
// A wait-for graph in which age only falls, or only rises, has no cycle. A context that holds no lock may always wait: nobody waits for it.
public sealed partial class WoundWaitLock
{
    /// <summary>The first half of an acquisition. True: it has an outcome. False: the waiter is in the queue.</summary>
    private bool TryEnter(WoundWaitContext? context, WoundWaiter waiter, out WoundWaitOutcome outcome)
    {
        outcome = default;
        WoundWaitContext? wounded = null;
        _lock.Enter();
        try
        {
            if (TryTakeLocked(context))
            {
                outcome = WoundWaitOutcome.Acquired;
                return true;
            }

            if (context is not null && ReferenceEquals(_holder, context))
            {
                outcome = WoundWaitOutcome.AlreadyHeld;
                return true;
            }

            if (context is not null && MustBackOffLocked(context))
            {
                BackOffLocked(context);
                outcome = WoundWaitOutcome.MustBackOff;
                return true;
            }

            waiter.IsGranted = false;
            waiter.MustDie = false;
            InsertLocked(waiter);
            if (context is not null && Class.Policy == WoundWaitPolicy.WoundWait && _holder is not null && context.IsOlderThan(_holder))
            {
                _holder.Wound();
                wounded = _holder;
            }
        }
        finally
        {
            _lock.Exit();
            ReportBackOff(context, outcome); // outside the spinning lock: event listeners run here
        }

        // Also outside the spinning lock: Wake may run a continuation of the younger context here, which may unlock this lock and so grant it
        // to this waiter. TryFinish, which is called next, checks for that.
        wounded?.Waiter.Wake();
        if (context is not null && Class.Policy == WoundWaitPolicy.WaitDie)
        {
            WakeYoungerWaiters(context);
        }

        return false;
    }

    /// <summary>
    /// The second half of an acquisition, called before each wait and after each wake-up: whether the wait has ended, and its outcome.
    /// </summary>
    private bool TryFinish(WoundWaitContext? context, WoundWaiter waiter, bool isOver, out WoundWaitOutcome outcome)
    {
        outcome = default;
        _lock.Enter();
        try
        {
            if (waiter.IsGranted)
            {
                context?.OnAcquired(this);
                outcome = WoundWaitOutcome.Acquired;
                return true;
            }

            bool givesWay = context is not null && (context.MustGiveWay || (waiter.MustDie && context.HeldLocks > 0));
            outcome = givesWay ? WoundWaitOutcome.MustBackOff : WoundWaitOutcome.TimedOut;
            if (!givesWay && !isOver)
            {
                return false;
            }

            RemoveLocked(waiter);
            if (givesWay)
            {
                BackOffLocked(context!);
            }

            return true;
        }
        finally
        {
            _lock.Exit();
            ReportBackOff(context, outcome); // outside the spinning lock: event listeners run here
        }
    }

    private void BackOffLocked(WoundWaitContext context)
    {
        context.ContendedLock = this;
        FenceKitMeter.Count(FenceKitCounter.LockBackOff);
    }

    private void ReportBackOff(WoundWaitContext? context, WoundWaitOutcome outcome)
    {
        if (outcome == WoundWaitOutcome.MustBackOff)
        {
            FenceKitEventSource.Log.LockBackedOff(Class.Name, context!.Ticket);
        }
    }

    private bool TryTakeLocked(WoundWaitContext? context)
    {
        if (_isHeld)
        {
            return false;
        }

        Debug.Assert(_first is null, "A free lock has no waiters.");
        Volatile.Write(ref _isHeld, true);
        _holder = context;
        _acquisitions++;
        context?.OnAcquired(this);
        return true;
    }

    private void UnlockLocked(WoundWaitContext? context, out WoundWaiter? next)
    {
        context?.OnReleased(this);
        _contractHold = null;
        next = _first;
        if (next is null)
        {
            Volatile.Write(ref _isHeld, false);
            _holder = null;
            return;
        }

        RemoveLocked(next);
        next.IsGranted = true;
        _holder = next.Context;
        _acquisitions++;
    }

    private bool MustBackOffLocked(WoundWaitContext context)
    {
        if (context.HeldLocks == 0)
        {
            return false;
        }

        if (Class.Policy == WoundWaitPolicy.WoundWait)
        {
            return context.MustGiveWay;
        }

        if (_holder is not null && _holder.IsOlderThan(context))
        {
            return true;
        }

        for (WoundWaiter? waiter = _first; waiter is not null; waiter = waiter.Next)
        {
            if (waiter.Context is not null && waiter.Context.IsOlderThan(context))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// For wait-die, after an older context has joined the queue: wakes the younger waiters that hold locks, which must back off now. Takes
    /// the spinning lock for each of them anew, since Wake may run a continuation that uses this lock.
    /// </summary>
    private void WakeYoungerWaiters(WoundWaitContext older)
    {
        while (TryMarkYoungerWaiter(older) is { } waiter)
        {
            waiter.Wake();
        }
    }

    /// <summary>
    /// Finds and marks one waiter that must back off. The mark keeps it from being found again; the waiter reads it in TryFinish and leaves
    /// the queue itself.
    /// </summary>
    private WoundWaiter? TryMarkYoungerWaiter(WoundWaitContext older)
    {
        using SpinningLock.Scope scope = _lock.EnterScope();
        for (WoundWaiter? waiter = _last; waiter is not null; waiter = waiter.Previous)
        {
            if (waiter.Context is { HeldLocks: > 0 } younger && !waiter.MustDie && older.IsOlderThan(younger))
            {
                waiter.MustDie = true;
                return waiter;
            }
        }

        return null;
    }

    private void InsertLocked(WoundWaiter waiter)
    {
        WoundWaiter? after = null;
        if (waiter.Context is not null)
        {
            for (WoundWaiter? other = _last; other is not null; other = other.Previous)
            {
                if (other.Context is null)
                {
                    continue;
                }

                if (other.Context.IsOlderThan(waiter.Context))
                {
                    break;
                }

                after = other;
            }
        }

        WoundWaiter? before = after is null ? _last : after.Previous;
        waiter.Previous = before;
        waiter.Next = after;
        (before is null ? ref _first : ref before.Next) = waiter;
        (after is null ? ref _last : ref after.Previous) = waiter;
    }

    private void RemoveLocked(WoundWaiter waiter)
    {
        (waiter.Previous is null ? ref _first : ref waiter.Previous.Next) = waiter.Next;
        (waiter.Next is null ? ref _last : ref waiter.Next.Previous) = waiter.Previous;
        waiter.Next = null;
        waiter.Previous = null;
    }
}
