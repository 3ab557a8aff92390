// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>Tells of one signal that completed the points of several commands: see <see cref="FenceTimeline.CumulativelySignaled"/>.</summary>
[DebuggerDisplay("{TimelineName,nq}: {FirstPoint}..{LastPoint}")]
public sealed class FenceCumulativeSignalEventArgs : EventArgs
{
    internal FenceCumulativeSignalEventArgs(string timelineName, ulong firstPoint, ulong lastPoint)
    {
        TimelineName = timelineName;
        FirstPoint = firstPoint;
        LastPoint = lastPoint;
    }

    /// <summary>The timeline that was signaled.</summary>
    public string TimelineName { get; }

    /// <summary>The first point that was completed, though nobody signaled it by itself.</summary>
    public ulong FirstPoint { get; }

    /// <summary>The point that was signaled.</summary>
    public ulong LastPoint { get; }
}
