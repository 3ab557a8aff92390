// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Reclaim.Owners;

/// <summary>
/// Looks now and then for how long somebody has been held, and opens the emergency exit when that is too long. A thread that sleeps in the
/// kernel on a discard cannot be interrupted; closing the descriptor is what sets it free.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);
    private readonly Timer _timer;
    private readonly TimeSpan _patience;
    private readonly Func<TimeSpan> _readLongestHold;
    private readonly Action _release;
    private int _hasBarked;

    public Watchdog(TimeSpan patience, Func<TimeSpan> readLongestHold, Action release)
    {
        _patience = patience;
        _readLongestHold = readLongestHold;
        _release = release;
        _timer = new Timer(_ => Look(), state: null, s_interval, s_interval);
    }

    /// <summary>Whether it had to act: the run is void then, whatever its figures.</summary>
    public bool HasBarked => Volatile.Read(ref _hasBarked) != 0;

    /// <summary>When it returns, nothing is being released any more.</summary>
    public void Dispose()
    {
        using var stopped = new ManualResetEvent(initialState: false);
        if (_timer.Dispose(stopped))
        {
            stopped.WaitOne();
        }
    }

    private void Look()
    {
        if (_readLongestHold() > _patience && Interlocked.Exchange(ref _hasBarked, 1) == 0)
        {
            _release();
        }
    }
}
