// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>Looks every now and then at who waits. A wait is stuck at the first look a full limit after one that saw it.</summary>
internal sealed class StuckWaitWatch : IDisposable
{
    private const int LooksPerLimit = 4;

    private readonly TimeSpan _limit;
    private readonly Action<WaitForGraph>? _onStuck;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly TimeSpan _period;

    // Only the look that runs touches it; the timer is set anew after each. The word tells one wait of a recycled node from the next.
    private Dictionary<(FenceCallback Node, long Word), long> _seen = [];

    internal StuckWaitWatch(TimeSpan limit, Action<WaitForGraph>? onStuck, TimeProvider clock)
    {
        _limit = limit;
        _onStuck = onStuck;
        _clock = clock;
        _period = TimeSpan.FromMilliseconds(Math.Max(1, (limit / LooksPerLimit).TotalMilliseconds));
        TimerCallback look = static state => ((StuckWaitWatch)state!).Look();
        _timer = clock.CreateTimer(look, this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(_period, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        try
        {
            LookOnce();
        }
        catch (Exception exception)
        {
            FenceTimeline.ReportUserFault("the clock of a watch for stuck waits", exception); // the next look may go better
        }

        try
        {
            _timer.Change(_period, Timeout.InfiniteTimeSpan);
        }
        catch (Exception exception)
        {
            FenceTimeline.ReportUserFault("the timer of a watch for stuck waits", exception); // nobody looks any more: that is what is reported
        }
    }

    private void LookOnce()
    {
        long now = _clock.GetTimestamp();
        bool isAnyStuck = false;
        Dictionary<(FenceCallback, long), long> seen = [];
        foreach (FenceTimeline timeline in FenceTimelines.Alive())
        {
            foreach ((FenceCallback node, _, long round) in timeline.CopyWaiting())
            {
                long since = _seen.GetValueOrDefault((node, round), now);
                bool isStuck = since != long.MaxValue && _clock.GetElapsedTime(since, now) >= _limit;
                isAnyStuck |= isStuck;
                seen[(node, round)] = isStuck ? long.MaxValue : since; // the largest: reported already
            }
        }

        _seen = seen;
        if (isAnyStuck)
        {
            WaitForGraph graph = WaitForGraph.Capture();
            FenceKitEventSource.Log.StuckWait(graph);
            try
            {
                _onStuck?.Invoke(graph);
            }
            catch (Exception exception)
            {
                FenceTimeline.ReportUserFault("the receiver of a stuck wait", exception);
            }
        }
    }
}
