// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance;

/// <summary>
/// Listens for signals that complete the points of several commands: a device that signals commands out of order tells the world so that
/// commands are over which still run. Other devices of the process are none of a check's business, so only timelines count that the
/// device under test has handed out fences of.
/// </summary>
internal sealed class CumulativeSignalWatch : IDisposable
{
    private const int MostFences = 256; // enough for the timelines of a device: it has one, or as many as it can hold commands

    private readonly Lock _gate = new();
    private readonly List<(FenceTimeline Timeline, ulong First, ulong Last)> _signals = []; // under the gate
    private readonly List<Fence> _fences = []; // under the gate: the first ones that the device handed out

    internal CumulativeSignalWatch() => FenceTimeline.CumulativelySignaled += OnSignaled;

    internal void Note(Fence fence)
    {
        lock (_gate)
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
        lock (_gate)
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
        lock (_gate)
        {
            _signals.Add((timeline, first, last));
        }
    }
}
