// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>A point of a <see cref="SharedFenceTimeline"/> failed in the process that produces it.</summary>
/// <remarks>What it says was written by the other process: it is bounded and free of control characters, and otherwise that process's word.</remarks>
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
    /// <param name="innerException">Why.</param>
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

    /// <summary>What this process calls the timeline; null for an exception without details.</summary>
    public string? TimelineName { get; }

    private static string Points(in SharedFaults.Fault fault) =>
        fault.First == fault.Last ? $"point {fault.First}" : $"the points {fault.First} to {fault.Last}";
}
