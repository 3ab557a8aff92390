// SPDX-License-Identifier: MIT
using Microsoft.Extensions.Logging;

namespace FenceKit.Extensions;

/// <summary>
/// Looks now and then at who waits for a fence, and remembers since when it has seen each wait. Waits themselves do not know of it.
/// </summary>
/// <remarks>
/// It remembers a fence by its hash and its point: a reference would keep the timeline alive, and a timeline that everybody has dropped must
/// be found by the garbage collector, which then faults its fences.
/// </remarks>
internal sealed class StuckFenceWatch : IDisposable
{
    private const int LooksPerLimit = 4;

    private readonly Lock _gate = new(); // one look at a time
    private readonly TimeSpan _limit;
    private readonly TimeProvider _clock;
    private readonly ILogger _timeline;
    private readonly ILogger _own;
    private readonly TimeSpan _period;
    private readonly ITimer? _timer; // set anew after each look
    private Dictionary<Key, Seen> _seen = []; // under the gate

    internal StuckFenceWatch(TimeSpan limit, TimeProvider clock, ILoggerFactory loggers)
    {
        _limit = limit;
        _clock = clock;
        _timeline = loggers.CreateLogger(LogCategories.Timeline);
        _own = loggers.CreateLogger(LogCategories.Extensions);
        if (limit != Timeout.InfiniteTimeSpan)
        {
            _period = TimeSpan.FromMilliseconds(Math.Max(1, (limit / LooksPerLimit).TotalMilliseconds));
            TimerCallback look = static watch => ((StuckFenceWatch)watch!).LookOnTime();
            _timer = clock.CreateTimer(look, this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(_period, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _timer?.Dispose();

    /// <summary>Looks, logs those that have become stuck since the last look, and returns all that are.</summary>
    internal IReadOnlyList<StuckFence> Look()
    {
        if (_timer is null)
        {
            return [];
        }

        lock (_gate)
        {
            return LookLocked();
        }
    }

    private void LookOnTime()
    {
        try
        {
            Look();
        }
#pragma warning disable CA1031 // On a thread of the clock: the next look may go better.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _own.WatchFailed(exception);
        }

        _timer!.Change(_period, Timeout.InfiniteTimeSpan); // does nothing after the end
    }

    private List<StuckFence> LookLocked()
    {
        long now = _clock.GetTimestamp();
        List<StuckFence> stuck = [];
        Dictionary<Key, Seen> seen = [];
        foreach (FenceWait wait in WaitForGraph.Capture().Waits)
        {
            Key key = new(wait.Timeline, wait.Point, wait.Fence.GetHashCode(), wait.Waiter);
            Seen before = _seen.GetValueOrDefault(key, new Seen(now, WasTold: false));
            TimeSpan waited = _clock.GetElapsedTime(before.Since, now);
            bool isStuck = waited >= _limit && !wait.Fence.IsSignaled;
            if (isStuck)
            {
                string holders = wait.HeldUpBy.Count == 0 ? "nobody who is known" : string.Join(", ", wait.HeldUpBy);
                StuckFence found = new(wait.Waiter, $"{wait.Timeline}:{wait.Point}", waited, holders);
                stuck.Add(found);
                if (!before.WasTold)
                {
                    _timeline.StuckFence(found.Waiter, found.Fence, found.Waited, found.Holders);
                }
            }

            seen[key] = before with { WasTold = before.WasTold || isStuck };
        }

        _seen = seen;
        return stuck;
    }

    private readonly record struct Key(string Timeline, ulong Point, int Fence, string Waiter);

    private readonly record struct Seen(long Since, bool WasTold);
}
