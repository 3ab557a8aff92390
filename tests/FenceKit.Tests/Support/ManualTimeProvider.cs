// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

/// <summary>A clock that stands still until the test moves it. Timers fire on the thread that moves it, in order, under no lock.</summary>
internal sealed class ManualTimeProvider : TimeProvider
{
    private readonly List<ManualTimer> _active = []; // under its own lock, like everything else here
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => new(GetTimestamp(), TimeSpan.Zero);

    internal int ActiveTimers
    {
        get
        {
            lock (_active)
            {
                return _active.Count;
            }
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    internal void UntilTimerIsSet() => Limit.Until(() => ActiveTimers > 0, "Setting a timer");

    internal void Advance(TimeSpan by)
    {
        long end = GetTimestamp() + by.Ticks;
        while (TakeNext(end) is { } due)
        {
            due.Fire();
        }

        Volatile.Write(ref _now, end);
    }

    /// <summary>As real timers do now and then: the timer fires although the clock is not there yet.</summary>
    internal void FireNextTimerEarly() => TakeNext(long.MaxValue, moveClock: false)!.Fire();

    private ManualTimer? TakeNext(long end, bool moveClock = true)
    {
        lock (_active)
        {
            ManualTimer? next = _active.MinBy(timer => timer.Due);
            if (next is null || next.Due > end)
            {
                return null;
            }

            _active.Remove(next);
            if (moveClock)
            {
                Volatile.Write(ref _now, Math.Max(_now, next.Due));
            }

            return next;
        }
    }

    private sealed class ManualTimer(ManualTimeProvider clock, Action fire) : ITimer
    {
        internal long Due { get; private set; }

        internal void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Assert.Equal(Timeout.InfiniteTimeSpan, period);
            lock (clock._active)
            {
                clock._active.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = clock._now + dueTime.Ticks;
                    clock._active.Add(this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
