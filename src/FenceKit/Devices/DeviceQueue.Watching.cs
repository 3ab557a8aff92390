// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

// The watchdog: a timer that looks at three things. A call into the driver, the oldest running command, and every command that waits for
// what it depends on, each have a limit, counted from the first look that found them there. So nobody reads a clock when a command starts,
// nothing is called late too early, and what is late is found after one to two of its limits.
public sealed partial class DeviceQueue<TCommand>
{
    /// <summary>What no look has found yet. Zero would be a time.</summary>
    internal const long NotSeen = long.MinValue;

    private const double LongestPeriod = 24 * 60 * 60 * 1000;

    private readonly ITimer _timer;
    private readonly double _ticksPerCount;       // of the clock: asked for once, because a clock may be a user's
    private readonly TimeSpan _hangTimeout;       // TimeSpan.MaxValue for none, and so the others: then the shortest is the least
    private readonly TimeSpan _dependencyTimeout;
    private TimeSpan _timerPeriod = TimeSpan.MaxValue; // under the lock: what the timer was set to last; MaxValue while nobody has set it
    private ulong _watchedCall;               // under the lock: the call into the driver that was under way at the last look; 0 for none
    private long _watchedCallSince;           // under the lock: the first look that found it
    private bool _mustAsk;                    // under the lock: some slot has MustAsk set

    private ITimer CreateTimer()
    {
        // The timer must not keep the context of the flow that happened to make the queue.
        using AsyncFlowControl? _ = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
        return _options.TimeProvider.CreateTimer(
            static state => ((DeviceQueue<TCommand>)state!).Watch(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private static TimeSpan OrNever(TimeSpan limit) => limit == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : limit;

    private TimeSpan HangTimeoutOf(in TCommand command)
    {
        TimeSpan limit = _driver.GetHangTimeout(in command, _options.HangTimeout);
        if (limit > TimeSpan.Zero)
        {
            return limit;
        }

        return limit == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : ThrowNoLimit(limit);
    }

    [DoesNotReturn]
    private TimeSpan ThrowNoLimit(TimeSpan limit) => throw new InvalidOperationException(
        $"The driver of the queue '{Name}' says that a command may run for {limit}: a limit is positive, or Timeout.InfiniteTimeSpan.");

    /// <summary>Under the lock. True: the caller must call <see cref="StartTimer"/>, outside it.</summary>
    private bool TryArmWatchdogLocked(TimeSpan limit)
    {
        if (_timerPeriod <= limit)
        {
            return false; // a look comes soon enough, or the limit is none
        }

        _timerPeriod = limit;
        return true;
    }

    private void StartTimer()
    {
        TimeSpan period = _timerPeriod; // outside the lock: a thread that changes it meanwhile sets the timer after us
        if (period != TimeSpan.MaxValue)
        {
            // Rounded up, since a look that comes a moment early has to be repeated. One that comes early by days does no harm.
            double milliseconds = Math.Min(Math.Ceiling(period.TotalMilliseconds), LongestPeriod);
            _timer.ChangeShielded(TimeSpan.FromMilliseconds(milliseconds));
        }
    }

    private void Watch()
    {
        long now = _options.TimeProvider.GetTimestamp(); // before the lock: the clock may be a user's
        bool isStuck;
        bool mustAsk = false;
        bool mustPump = false;
        TimeSpan next = TimeSpan.MaxValue;
        _lock.Enter();
        try
        {
            isStuck = IsStuckLocked(now, ref next);
            if (_lostReason is null)
            {
                mustAsk = TryFindHungLocked(now, ref next);
                mustPump = mustAsk && TryBeginPumpLocked();
                LookAtDependenciesLocked(now, ref next);
            }
            else if (!_stoodDown && !isStuck)
            {
                next = Least(next, _hangTimeout);
            }

            _timerPeriod = isStuck ? TimeSpan.MaxValue : next;
        }
        finally
        {
            _lock.Exit();
        }

        StartTimer();
        if (isStuck)
        {
            TryGiveUp(new TimeoutException($"The driver of the queue '{Name}' did not return from a call within {_options.HangTimeout}."), evenIfClosed: true);
            FaultEverything(hasStopped: false);
            _closed.TrySetResult(); // the driver may never return
            return;
        }

        if (mustPump)
        {
            DispatchPump();
        }

        while (TryFailLateDependency(now, out DeviceSlot<TCommand>? slot))
        {
            Release(slot, RemoveDependencies(slot) + 1);
        }
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>Whether a limit is over that began at a look; if not, when the next look is due.</summary>
    private bool IsOver(long since, long now, TimeSpan limit, ref TimeSpan next)
    {
        if (limit == TimeSpan.MaxValue)
        {
            return false;
        }

        TimeSpan left = limit - TimeSpan.FromTicks((long)((now - since) * _ticksPerCount));
        if (left <= TimeSpan.Zero)
        {
            return true;
        }

        next = Least(next, left);
        return false;
    }

    private bool IsStuckLocked(long now, ref TimeSpan next)
    {
        ulong call = _inDriver ? (ulong)_driverCalls : 0;
        if (call != _watchedCall)
        {
            _watchedCall = call;
            _watchedCallSince = now;
        }

        return call != 0 && IsOver(_watchedCallSince, now, _hangTimeout, ref next);
    }

    /// <summary>
    /// Marks the running command whose time is over, so that the pump asks the driver about it. In order only the oldest can be late: those
    /// behind it may wait for it inside the device.
    /// </summary>
    private bool TryFindHungLocked(long now, ref TimeSpan next)
    {
        bool any = false;
        for (DeviceSlot<TCommand>? slot = OldestLocked(); slot is not null; slot = NextLocked(slot))
        {
            if (slot.Phase != DeviceSlotPhase.Running)
            {
                continue;
            }

            slot.SeenSince = slot.SeenSince == NotSeen ? now : slot.SeenSince;
            if (IsOver(slot.SeenSince, now, slot.HangTimeout, ref next))
            {
                any = true;
                slot.MustAsk = true;
                slot.SeenSince = NotSeen; // if the driver lets it run on, its time begins anew
                next = Least(next, slot.HangTimeout);
            }

            if (!_isUnordered)
            {
                break;
            }
        }

        _mustAsk |= any;
        return any;
    }

    private void LookAtDependenciesLocked(long now, ref TimeSpan next)
    {
        for (DeviceSlot<TCommand>? slot = OldestLocked(); slot is not null; slot = NextLocked(slot))
        {
            if (slot.Phase == DeviceSlotPhase.Queued && slot.Holds > 0 && !slot.IsHeldBack)
            {
                slot.SeenSince = slot.SeenSince == NotSeen ? now : slot.SeenSince;
                _ = IsOver(slot.SeenSince, now, _dependencyTimeout, ref next);
            }
        }
    }

    /// <summary>Ends one command whose dependencies have not come in time. The caller then holds its slot, and takes its callbacks back.</summary>
    private bool TryFailLateDependency(long now, [NotNullWhen(true)] out DeviceSlot<TCommand>? late)
    {
        TimeSpan unused = TimeSpan.MaxValue;
        late = null;
        _lock.Enter();
        try
        {
            DeviceSlot<TCommand>? slot = _lostReason is null ? OldestLocked() : null;
            for (; slot is not null && late is null; slot = NextLocked(slot))
            {
                if (slot.Phase == DeviceSlotPhase.Queued
                    && slot.Holds > 0
                    && !slot.IsHeldBack
                    && slot.SeenSince != NotSeen
                    && IsOver(slot.SeenSince, now, _dependencyTimeout, ref unused))
                {
                    late = slot;
                    slot.Phase = DeviceSlotPhase.Finished;
                    slot.Fault = DeviceDependencyException.ForTimeout(slot.FirstPendingDependency(), _dependencyTimeout);
                    slot.Holds++; // the slot must stay ours while we take its callbacks back
                }
            }
        }
        finally
        {
            _lock.Exit();
        }

        return late is not null;
    }

    /// <summary>Asks the driver whether a command that has used up its time hangs. Only the pump calls it.</summary>
    private void AskAboutLate(in DeviceCommand<TCommand> command)
    {
        bool isHung;
        using (BeginSignaling(_timeline))
        {
            isHung = _driver.IsHung(in command);
        }

        bool isRunning;
        TimeSpan limit;
        _lock.Enter();
        DeviceSlot<TCommand> slot = SlotOf(command.Point);
        isRunning = slot.Point == command.Point && slot.Phase == DeviceSlotPhase.Running;
        limit = slot.HangTimeout;
        _lock.Exit();
        if (isHung && isRunning)
        {
            RequestReset(DeviceResetException.ForHang(Name, command.Fence, limit));
        }
    }
}
