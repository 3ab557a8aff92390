// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance;

/// <summary>
/// Detects single signals that complete several commands: a device whose commands end out of order would report commands as complete that are
/// still running. Only timelines of fences that the device under test has returned count, so that other devices of the process do not disturb
/// the check.
/// </summary>
internal sealed class CumulativeSignalWatch : IDisposable
{
    private const int MostFences = 256; // enough to find every timeline of a device, which has one, or one for each command that it can hold

    private readonly Lock _lock = new();
    private readonly List<(FenceTimeline Timeline, ulong First, ulong Last)> _signals = []; // under the lock
    private readonly List<Fence> _fences = []; // under the lock: the first fences that the device returned

    internal CumulativeSignalWatch() => FenceTimeline.CumulativelySignaled += OnSignaled;

    internal void Note(Fence fence)
    {
        lock (_lock)
        {
            if (_fences.Count < MostFences)
            {
                _fences.Add(fence);
            }
        }
    }

    /// <exception cref="ConformanceException">The device has signaled several commands at once.</exception>
    internal void ThrowIfAny()
    {
        lock (_lock)
        {
            foreach ((FenceTimeline timeline, ulong first, ulong last) in _signals)
            {
                CheckContext.Require(
                    !_fences.Exists(fence => fence.IsFrom(timeline)),
                    $"one signal of '{timeline.Name}' completed the points {first} to {last}, which are several commands. "
                    + "Signal each command by itself; a producer that ends in order, and signals the last of several, sets ReportsCumulativeSignals to false.");
            }
        }
    }

    public void Dispose() => FenceTimeline.CumulativelySignaled -= OnSignaled;

    private void OnSignaled(FenceTimeline timeline, ulong first, ulong last)
    {
        lock (_lock)
        {
            _signals.Add((timeline, first, last));
        }
    }
}
