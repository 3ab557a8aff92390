// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Diagnostics;

namespace FenceKit;

// Who may wait for whom. Wound-wait: only the younger for the older, so an older one that has to wait wounds. Wait-die: only the older for
// the younger, so a younger one that would have to wait backs off. A wait-for graph in which age only falls (or only rises) has no cycle.
// A context that holds nothing may always wait: nobody waits for it.
public sealed partial class WoundWaitLock
{
    /// <summary>The first half: takes the lock, or refuses, or gets in line (false).</summary>
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
            ReportBackOff(context, outcome); // outside the spinning lock: listeners run here
        }

        // Outside the spinning lock as well: the younger may run here, in a continuation, and unlock this lock. It may so be granted to us before we
        // go on: TryFinish, which is next, asks for that.
        wounded?.Waiter.Wake();
        if (context is not null && Class.Policy == WoundWaitPolicy.WaitDie)
        {
            WakeThoseThatMustDie(context);
        }

        return false;
    }

    /// <summary>Whether the wait has ended, and how. Asked after a wake-up.</summary>
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
            ReportBackOff(context, outcome); // outside the spinning lock: listeners run here
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
    /// Wait-die, when an older one has got in line: those behind it that hold locks must not wait any longer. One in each turn of the spinning lock,
    /// since what a wake-up runs may come back to this lock.
    /// </summary>
    private void WakeThoseThatMustDie(WoundWaitContext older)
    {
        while (TryFindOneThatMustDie(older) is { } waiter)
        {
            waiter.Wake();
        }
    }

    /// <summary>Marks it, so it is found once. It sees the mark when it looks after its wake-up, in TryFinish, and leaves the line itself.</summary>
    private WoundWaiter? TryFindOneThatMustDie(WoundWaitContext older)
    {
        _lock.Enter();
        try
        {
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
        finally
        {
            _lock.Exit();
        }
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
        if (before is null)
        {
            _first = waiter;
        }
        else
        {
            before.Next = waiter;
        }

        if (after is null)
        {
            _last = waiter;
        }
        else
        {
            after.Previous = waiter;
        }
    }

    private void RemoveLocked(WoundWaiter waiter)
    {
        if (waiter.Previous is null)
        {
            _first = waiter.Next;
        }
        else
        {
            waiter.Previous.Next = waiter.Next;
        }

        if (waiter.Next is null)
        {
            _last = waiter.Previous;
        }
        else
        {
            waiter.Next.Previous = waiter.Previous;
        }

        waiter.Next = null;
        waiter.Previous = null;
    }
}
