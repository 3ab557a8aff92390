// SPDX-License-Identifier: MIT
namespace FenceKit;

// The watchdog. It reads no clock: a timer looks twice, and what it sees both times has lasted for its whole period.
public sealed partial class DeviceQueue<TCommand>
{
    private readonly ITimer _timer;
    private bool _timerIsArmed; // under the gate
    private ulong _watchedPoint; // under the gate: the oldest running command at the last look; 0 for none
    private long _watchedCall;   // under the gate: the call into the driver that was under way at the last look; 0 for none

    private ITimer CreateTimer()
    {
        // The timer must not keep the context of whoever happened to make the queue.
        using AsyncFlowControl? _ = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
        return _options.TimeProvider.CreateTimer(
            static state => ((DeviceQueue<TCommand>)state!).Watch(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Under the gate. True: the caller must call <see cref="StartTimer"/>, outside it.</summary>
    private bool TryArmWatchdogLocked()
    {
        if (_timerIsArmed || _options.HangTimeout == Timeout.InfiniteTimeSpan)
        {
            return false;
        }

        _timerIsArmed = true;
        _watchedPoint = 0;
        _watchedCall = 0;
        return true;
    }

    private void StartTimer() => _timer.Change(_options.HangTimeout, Timeout.InfiniteTimeSpan);

    private void Watch()
    {
        bool isStuck;
        bool isHung;
        bool mustWatch;
        ulong oldest;
        _gate.Enter();
        try
        {
            oldest = OldestRunningLocked();
            long call = _inDriver ? _driverCalls : 0;
            isStuck = call != 0 && call == _watchedCall;
            isHung = oldest != 0 && oldest == _watchedPoint;
            _watchedPoint = oldest;
            _watchedCall = call;
            mustWatch = !isStuck && (oldest != 0 || call != 0 || (_lostReason is not null && !_stoodDown));
            _timerIsArmed = mustWatch;
        }
        finally
        {
            _gate.Exit();
        }

        if (mustWatch)
        {
            StartTimer();
        }

        if (isStuck)
        {
            Lose(new TimeoutException($"The driver of the queue '{Name}' did not return from a call within {_options.HangTimeout}."));
            FaultEverything(isQuiesced: false);
        }
        else if (isHung)
        {
            RequestReset(DeviceResetException.ForHang(Name, FenceOf(oldest), _options.HangTimeout));
        }
    }

    private ulong OldestRunningLocked()
    {
        if (_lostReason is not null)
        {
            return 0;
        }

        for (ulong point = _retired + 1; point <= _taken; point++)
        {
            if (SlotOf(point).Phase == DeviceSlotPhase.Running)
            {
                return point;
            }
        }

        return 0;
    }
}
