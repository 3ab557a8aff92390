// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// The error for a complete fence whose outcome is no longer known (<see cref="FenceStatus.Retired"/>), thrown where the outcome matters: by
/// <c>await</c>, by a task, and for a command that depends on the fence. The fence may have failed, so it does not count as success.
/// </summary>
/// <remarks>
/// A timeline remembers its last <see cref="FenceTimelineOptions.RetainedFaults"/> faults. A waiter that is registered before the fence
/// completes always gets its outcome; only a caller that asks after more faults than that gets this error.
/// </remarks>
[DebuggerDisplay("{Message}")]
public sealed class FenceRetiredException : Exception
{
    /// <summary>Creates the exception without a timeline.</summary>
    public FenceRetiredException()
        : this("The outcome of a fence is no longer known.")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    /// <param name="message">What is no longer known.</param>
    public FenceRetiredException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and a cause.</summary>
    /// <param name="message">What is no longer known.</param>
    /// <param name="innerException">The cause.</param>
    public FenceRetiredException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The name of the timeline, if known.</summary>
    public string? TimelineName { get; private init; }

    /// <summary>The point; 0 if it is not known.</summary>
    public ulong Point { get; private init; }

    internal static FenceRetiredException For(Fence fence) => new(
        $"The fence {fence} is complete, but how it ended is no longer known: its timeline has faulted too often since "
        + $"({nameof(FenceTimelineOptions)}.{nameof(FenceTimelineOptions.RetainedFaults)}). Wait for it before it completes.")
    {
        TimelineName = fence.TimelineName,
        Point = fence.Point,
    };
}
