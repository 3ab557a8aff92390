// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>The error of a point of a <see cref="SharedFenceTimeline"/> that failed in the process of the producer.</summary>
/// <remarks>The text comes from the other process. Its length is bounded and it has no control characters, but it is not otherwise trusted.</remarks>
[DebuggerDisplay("{Message}")]
public sealed class SharedFenceFaultException : Exception
{
    /// <summary>Creates an exception without details.</summary>
    public SharedFenceFaultException()
        : this("A point of a shared timeline failed in the process that produces it.")
    {
    }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What went wrong.</param>
    public SharedFenceFaultException(string? message)
        : base(message)
    {
    }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What went wrong.</param>
    /// <param name="innerException">The cause.</param>
    public SharedFenceFaultException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal SharedFenceFaultException(string timeline, in SharedFaults.Fault fault)
        : base($"The process that produces the shared timeline '{timeline}' says that {Points(fault)} failed: {fault.Text}")
    {
        TimelineName = timeline;
        HResult = fault.Code;
    }

    /// <summary>The name of the timeline in this process; null for an exception without details.</summary>
    public string? TimelineName { get; }

    private static string Points(in SharedFaults.Fault fault) =>
        fault.First == fault.Last ? $"point {fault.First}" : $"the points {fault.First} to {fault.Last}";
}
