namespace FenceKit.Exploration;

/// <summary>A clock that a thread of the scenario moves: its timers fire on that thread, so they are interleaved like everything else.</summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly List<ManualTimer> _timers = [];
    private long _now;

    /// <summary>Others may run between the moment at which a timer is due and its callback, as with a real one.</summary>
    public bool FiresLate { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        _timers.Add(timer);
        return timer;
    }

    public void Advance(TimeSpan time)
    {
        _now += time.Ticks;
        foreach (ManualTimer timer in _timers.ToArray())
        {
            timer.FireIfDue();
        }
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private long _due = long.MaxValue;

        /// <summary>As a real one, it takes a lock, and so does its firing: what was written before is seen by the one who fires.</summary>
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            LogicalThread.Current?.DrainStores();
            _due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : clock._now + dueTime.Ticks;
            return true;
        }

        public void FireIfDue()
        {
            if (clock._now >= _due)
            {
                _due = long.MaxValue;
                if (clock.FiresLate)
                {
                    Interlocked.MemoryBarrier(); // a scheduling point
                }

                callback(state);
            }
        }

        public void Dispose() => _due = long.MaxValue;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
