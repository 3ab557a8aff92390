// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>The error of a command that never ran, because a fence that it had to wait for faulted.</summary>
[DebuggerDisplay("{Message}")]
public sealed class DeviceDependencyException : Exception
{
    /// <summary>Creates the exception without a cause.</summary>
    public DeviceDependencyException()
        : this("A fence that the command depends on faulted.")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    /// <param name="message">What faulted.</param>
    public DeviceDependencyException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and a cause.</summary>
    /// <param name="message">What faulted.</param>
    /// <param name="innerException">The error of the fence.</param>
    public DeviceDependencyException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal static DeviceDependencyException For(Exception? fault) =>
        new($"A fence that the command depends on faulted: {fault?.Message}", fault);
}
