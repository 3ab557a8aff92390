// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>The error of a point that was not signaled in time: the watchdog of the timeline has faulted it.</summary>
[DebuggerDisplay("{Message}")]
public sealed class FenceTimeoutException : TimeoutException
{
    /// <summary>Creates the exception without a timeline.</summary>
    public FenceTimeoutException()
        : this("A fence was not signaled in time.")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    /// <param name="message">What was late.</param>
    public FenceTimeoutException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and a cause.</summary>
    /// <param name="message">What was late.</param>
    /// <param name="innerException">The cause.</param>
    public FenceTimeoutException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal static FenceTimeoutException For(string timeline, ulong first, ulong last, TimeSpan limit, string? issuer)
    {
        string points = first == last ? $"point {first}" : $"points {first}..{last}";
        return new FenceTimeoutException($"The fence timeline '{timeline}' did not signal {points} within {limit}. {FenceIssuers.Describe(first, issuer)}")
        {
            TimelineName = timeline,
            Point = first,
            Issuer = issuer,
        };
    }

    /// <summary>The name of the timeline, if known.</summary>
    public string? TimelineName { get; private init; }

    /// <summary>The first point that was late.</summary>
    public ulong Point { get; private init; }

    /// <summary>
    /// The code and thread that issued <see cref="Point"/>, if the timeline tracks issuers
    /// (<see cref="FenceTimelineOptions.TrackedIssuers"/>).
    /// </summary>
    public string? Issuer { get; private init; }
}
