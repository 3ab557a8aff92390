// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

// The watchdog: a timer that checks calls into the driver, running commands, and commands that wait for dependencies. Each of these has a
// time limit, which counts from the first check that found it. So no clock is read when a command starts, nothing is declared late too early,
// and a late one is found after one to two times its limit.
public sealed partial class DeviceQueue<TCommand>
{
    /// <summary>The value of <see cref="DeviceSlot{TCommand}.SeenSince"/> before the first check. Zero would be a valid time.</summary>
    internal const long NotSeen = long.MinValue;

    private const double LongestPeriod = 24 * 60 * 60 * 1000;

    private readonly ITimer _timer;
    private readonly double _ticksPerCount;       // of the clock; read once, because the clock may be user code
    private readonly TimeSpan _hangTimeout;       // TimeSpan.MaxValue for none, like the other limits, so that limits can be compared
    private readonly TimeSpan _dependencyTimeout;
    private TimeSpan _timerPeriod = TimeSpan.MaxValue; // under the lock: the last setting of the timer; MaxValue for none
    private ulong _watchedCall;               // under the lock: the call into the driver that the last check found; 0 for none
    private long _watchedCallSince;           // under the lock: the time of the first check that found it

    private ITimer CreateTimer()
    {
        // The timer must not capture the ExecutionContext of the caller.
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

    /// <summary>Under the lock: requests a check after a time limit. True: the caller must call <see cref="StartTimerIf"/>, outside the lock.</summary>
    private bool TryArmWatchdogLocked(TimeSpan limit)
    {
        if (_timerPeriod <= limit)
        {
            return false; // the next check is soon enough, or there is no limit
        }

        _timerPeriod = limit;
        return true;
    }

    private void StartTimerIf(bool mustWatch)
    {
        if (mustWatch)
        {
            StartTimer();
        }
    }

    private void StartTimer()
    {
        TimeSpan period = _timerPeriod; // read outside the lock: a thread that changes it in the meantime sets the timer again
        if (period != TimeSpan.MaxValue)
        {
            // Rounded up, since a check that comes a moment early would have to be repeated. Limits beyond a day are checked every day.
            double milliseconds = Math.Min(Math.Ceiling(period.TotalMilliseconds), LongestPeriod);
            _timer.ChangeShielded(TimeSpan.FromMilliseconds(milliseconds));
        }
    }

    private void Watch()
    {
        long now = _options.TimeProvider.GetTimestamp(); // outside the lock: the clock may be user code
        bool isStuck;
        bool mustAsk = false;
        bool mustPump = false;
        TimeSpan next = TimeSpan.MaxValue;
        using (_lock.EnterScope())
        {
            isStuck = IsStuckLocked(now, ref next);
            if (_lostReason is null)
            {
                mustAsk = TryFindHungLocked(now, ref next);
                mustPump = mustAsk && TryBeginPumpLocked();
                LookAtDependenciesLocked(now, ref next);
            }
            else if (!_lossNotified && !isStuck)
            {
                next = Least(next, _hangTimeout);
            }

            _timerPeriod = isStuck ? TimeSpan.MaxValue : next;
        }

        StartTimer();
        if (isStuck)
        {
            TryGiveUp(new TimeoutException($"The driver of the queue '{Name}' did not return from a call within {_options.HangTimeout}."), evenIfClosed: true);
            FaultEverything(hasStopped: false);
            _closed.TrySetResult(); // the call into the driver may never return
            return;
        }

        DispatchPumpIf(mustPump);

        while (TryFailLateDependency(now, out DeviceSlot<TCommand>? slot))
        {
            Release(slot, RemoveDependencies(slot) + 1);
        }
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>Whether a time limit has passed since a check. If not, lowers the time until the next check accordingly.</summary>
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
    /// Marks the running commands that have exceeded their time limit, so that the pump asks the driver about them. In a queue in order only
    /// the oldest is checked: the others may wait for it inside the device.
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
                slot.Requests |= DeviceRequests.Ask;
                slot.SeenSince = NotSeen; // if the driver says that it does not hang, its time begins anew
                next = Least(next, slot.HangTimeout);
            }

            if (!_isUnordered)
            {
                break;
            }
        }

        _requests |= any ? DeviceRequests.Ask : DeviceRequests.None;
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

    /// <summary>
    /// Ends one command whose dependencies have not signaled in time. The caller gets a hold on the slot, and must remove its callbacks.
    /// </summary>
    private bool TryFailLateDependency(long now, [NotNullWhen(true)] out DeviceSlot<TCommand>? late)
    {
        TimeSpan unused = TimeSpan.MaxValue;
        late = null;
        using (_lock.EnterScope())
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
                    slot.Holds++; // keeps the slot from being reused while its callbacks are removed
                }
            }
        }

        return late is not null;
    }

    /// <summary>Asks the driver whether a command that has exceeded its time limit hangs. Called only by the pump.</summary>
    private void AskWhetherHung(in DeviceCommand<TCommand> command)
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
