// SPDX-License-Identifier: MIT
using Microsoft.Extensions.Logging;

namespace FenceKit.Extensions;

/// <summary>
/// Looks periodically at all waits for fences, and remembers when it first noticed each of them. Costs the waits themselves nothing.
/// </summary>
/// <remarks>
/// Remembers a fence by its hash code and point, since a reference would keep the timeline alive: an abandoned timeline must be collected,
/// because its finalizer faults its fences.
/// </remarks>
internal sealed class StuckFenceWatch : IDisposable
{
    private const int LooksPerLimit = 4;

    private readonly Lock _lock = new(); // serializes the looks
    private readonly TimeSpan _limit;
    private readonly TimeProvider _clock;
    private readonly ILogger _timeline;
    private readonly ILogger _own;
    private readonly TimeSpan _period;
    private readonly ITimer? _timer; // one-shot; set again after each look
    private Dictionary<Key, Seen> _seen = []; // under the lock

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

    /// <summary>Looks at all waits, logs those that have become stuck since the last look, and returns all that are stuck.</summary>
    internal IReadOnlyList<StuckFence> Look()
    {
        if (_timer is null)
        {
            return [];
        }

        lock (_lock)
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
#pragma warning disable CA1031 // On a thread of the timer nothing would catch it; the next look may succeed.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _own.WatchFailed(exception);
        }

        _timer!.Change(_period, Timeout.InfiniteTimeSpan); // has no effect after Dispose
    }

    private List<StuckFence> LookLocked()
    {
        long now = _clock.GetTimestamp();
        List<StuckFence> stuck = [];
        Dictionary<Key, Seen> seen = [];
        foreach (FenceWait wait in WaitForGraph.Capture().Waits)
        {
            Key key = new(wait.Timeline, wait.Point, wait.Fence.GetHashCode(), wait.Waiter);
            Seen before = _seen.GetValueOrDefault(key, new Seen(now, WasLogged: false));
            TimeSpan waited = _clock.GetElapsedTime(before.Since, now);
            bool isStuck = waited >= _limit && !wait.Fence.IsSignaled;
            if (isStuck)
            {
                string holders = wait.HeldUpBy.Count == 0 ? "nobody who is known" : string.Join(", ", wait.HeldUpBy);
                StuckFence found = new(wait.Waiter, $"{wait.Timeline}:{wait.Point}", waited, holders);
                stuck.Add(found);
                if (!before.WasLogged)
                {
                    _timeline.StuckFence(found.Waiter, found.Fence, found.Waited, found.Holders);
                }
            }

            seen[key] = before with { WasLogged = before.WasLogged || isStuck };
        }

        _seen = seen;
        return stuck;
    }

    private readonly record struct Key(string Timeline, ulong Point, int Fence, string Waiter);

    private readonly record struct Seen(long Since, bool WasLogged);
}
