// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Reclaim.Owners;

/// <summary>
/// Looks now and then whether a counter still moves, and opens the emergency exit when it does not. A thread that sleeps in the kernel on
/// a discard cannot be interrupted; closing the descriptor is what sets it free.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);
    private readonly Timer _timer;
    private readonly TimeSpan _patience;
    private readonly Func<long> _readCounter;
    private readonly Action _release;
    private long _lastCount;
    private long _lastMoved = TimeProvider.System.GetTimestamp();
    private int _hasBarked;

    public Watchdog(TimeSpan patience, Func<long> readCounter, Action release)
    {
        _patience = patience;
        _readCounter = readCounter;
        _release = release;
        _timer = new Timer(_ => Look(), state: null, s_interval, s_interval);
    }

    /// <summary>Whether it had to act: the run is void then, whatever its figures.</summary>
    public bool HasBarked => Volatile.Read(ref _hasBarked) != 0;

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        long count = _readCounter();
        if (count != _lastCount)
        {
            _lastCount = count;
            _lastMoved = TimeProvider.System.GetTimestamp();
        }
        else if (TimeProvider.System.GetElapsedTime(_lastMoved) > _patience && Interlocked.Exchange(ref _hasBarked, 1) == 0)
        {
            _release();
        }
    }
}
