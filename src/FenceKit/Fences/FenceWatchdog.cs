// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// Faults points that were not signaled in time. Four times per limit it samples the last issued point of each timeline, so that issuing and
/// signaling read no clock. A point faults if it is still pending at the first look that comes at least one limit after the first sample that
/// includes it. So it never faults early, and at most two looks late.
/// </summary>
internal sealed class FenceWatchdog : IDisposable
{
    private const int LooksPerLimit = 4;
    private const int Samples = LooksPerLimit + 2;

    private readonly Lock _lock = new();
    private readonly TimeSpan _limit;
    private readonly TimeProvider _clock;
    private readonly long _limitTicks; // the limit in ticks of the clock
    private readonly Watched[] _watched; // under the lock
    private readonly ITimer _timer;

    private struct Watched
    {
        internal WeakReference<FenceTimeline> Timeline; // weak: the timer must not keep an abandoned timeline alive
        internal (long Time, ulong Issued)[] Samples;   // ordered from the oldest
        internal int Count;
    }

    internal FenceWatchdog(TimeSpan limit, TimeProvider clock, ReadOnlySpan<FenceTimeline> timelines)
    {
        _limit = limit;
        _clock = clock;
        _limitTicks = (long)Math.Min(Math.Ceiling(limit.TotalSeconds * clock.TimestampFrequency), long.MaxValue / 2);
        _watched = new Watched[timelines.Length];
        for (int i = 0; i < timelines.Length; i++)
        {
            _watched[i].Timeline = new WeakReference<FenceTimeline>(timelines[i]);
            _watched[i].Samples = new (long, ulong)[Samples];
        }

        TimeSpan period = limit / LooksPerLimit;
        TimerCallback look = static state => ((FenceWatchdog)state!).Look();
        _timer = clock.CreateTimer(look, this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _period = period < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : period;
        _timer.Change(_period, Timeout.InfiniteTimeSpan);
    }

    private readonly TimeSpan _period;

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        bool anyAlive = false;
        for (int i = 0; i < _watched.Length; i++)
        {
            if (_watched[i].Timeline.TryGetTarget(out FenceTimeline? timeline))
            {
                anyAlive = true;
                try
                {
                    LookAt(timeline, ref _watched[i]);
                }
                catch (Exception exception)
                {
                    FenceTimeline.ReportUserFault("the clock of a watchdog", exception, timeline); // the next look may succeed
                }
            }
        }

        // One-shot, and set again after each look, so that looks never overlap or pile up.
        try
        {
            if (anyAlive)
            {
                _timer.Change(_period, Timeout.InfiniteTimeSpan);
            }
            else
            {
                _timer.Dispose();
            }
        }
        catch (Exception exception)
        {
            FenceTimeline.ReportUserFault("the timer of a watchdog", exception); // there will be no further look, hence the report
        }
    }

    private void LookAt(FenceTimeline timeline, ref Watched watched)
    {
        ulong overdue = 0;
        long now = _clock.GetTimestamp(); // the clock may be user code, so it is not read under the lock
        using (_lock.EnterShieldedScope())
        {
            int old = 0;
            while (old < watched.Count && now - watched.Samples[old].Time >= _limitTicks)
            {
                overdue = watched.Samples[old++].Issued;
            }

            if (old == 0 && watched.Count == Samples)
            {
                return; // the clock is slower than the timer: this look adds nothing
            }

            Array.Copy(watched.Samples, old, watched.Samples, 0, watched.Count - old);
            watched.Count -= old;
            watched.Samples[watched.Count++] = (now, timeline.Issued);
        }

        ulong completed = timeline.Completed;
        if (completed < overdue)
        {
            ulong first = completed + 1;
            timeline.FaultOverdue(
                TimelineState.TargetOf(overdue),
                FenceTimeoutException.For(timeline.Name, first, overdue, _limit, timeline.FindIssuer(first)));
        }
    }
}
