// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>Looks periodically at all waits. A wait is stuck if a look finds it at least one limit after the first look that found it.</summary>
internal sealed class StuckWaitWatch : IDisposable
{
    private const int LooksPerLimit = 4;

    private readonly TimeSpan _limit;
    private readonly Action<WaitForGraph>? _onStuck;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly TimeSpan _period;

    // Used only by the present look, since the timer is one-shot. The word distinguishes the waits of a reused node.
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
            FenceTimeline.ReportUserFault("the clock of a watch for stuck waits", exception); // the next look may succeed
        }

        try
        {
            _timer.Change(_period, Timeout.InfiniteTimeSpan);
        }
        catch (Exception exception)
        {
            FenceTimeline.ReportUserFault("the timer of a watch for stuck waits", exception); // there will be no further look, hence the report
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
                seen[(node, round)] = isStuck ? long.MaxValue : since; // MaxValue: reported already
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
