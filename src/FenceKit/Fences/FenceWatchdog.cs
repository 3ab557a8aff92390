// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// Faults points that were not signaled in time. It looks four times in every limit and notes how far each timeline had issued, so
/// issuing and signaling read no clock; a point faults when it is still pending at the first look a full limit after one that saw it:
/// never early, and at most two looks late.
/// </summary>
internal sealed class FenceWatchdog : IDisposable
{
    private const int LooksPerLimit = 4;
    private const int Samples = LooksPerLimit + 2;

    private readonly Lock _lock = new();
    private readonly TimeSpan _limit;
    private readonly TimeProvider _clock;
    private readonly long _limitTicks; // on that clock
    private readonly Watched[] _watched; // under the lock
    private readonly ITimer _timer;

    private struct Watched
    {
        internal WeakReference<FenceTimeline> Timeline; // weak: the timer must not keep an abandoned timeline alive
        internal (long Time, ulong Issued)[] Samples;   // the oldest first
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
                    FenceTimeline.ReportUserFault("the clock of a watchdog", exception, timeline); // the next look may go better
                }
            }
        }

        // Set anew each time, so that two looks never run at once, and a look that took long does not make the next ones hurry.
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
            FenceTimeline.ReportUserFault("the timer of a watchdog", exception); // nobody looks any more: that is what is reported
        }
    }

    private void LookAt(FenceTimeline timeline, ref Watched watched)
    {
        ulong overdue = 0;
        long now = _clock.GetTimestamp(); // the user's clock, so not under the lock
        _lock.EnterShielded();
        try
        {
            int old = 0;
            while (old < watched.Count && now - watched.Samples[old].Time >= _limitTicks)
            {
                overdue = watched.Samples[old++].Issued;
            }

            if (old == 0 && watched.Count == Samples)
            {
                return; // the clock is slower than the timer: this look says nothing new
            }

            Array.Copy(watched.Samples, old, watched.Samples, 0, watched.Count - old);
            watched.Count -= old;
            watched.Samples[watched.Count++] = (now, timeline.Issued);
        }
        finally
        {
            _lock.Exit();
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
