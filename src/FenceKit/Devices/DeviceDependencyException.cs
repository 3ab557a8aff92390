// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// The error of a command that never ran because a fence that it depends on faulted, or may have faulted, or did not signal in time.
/// </summary>
/// <remarks>
/// When commands that depend on each other fail in turn, <see cref="Exception.InnerException"/> is the error that the first of them failed
/// for, and <see cref="Links"/> counts the commands. The errors in between are not kept, so the size of an error does not grow with the
/// chain.
/// </remarks>
[DebuggerDisplay("{Message}")]
public sealed class DeviceDependencyException : Exception
{
    private readonly string? _message;

    /// <summary>Creates the exception without a cause.</summary>
    public DeviceDependencyException()
        : this(null, null, 1)
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    /// <param name="message">What faulted.</param>
    public DeviceDependencyException(string message)
        : this(message, null, 1)
    {
    }

    /// <summary>Creates the exception with a message and a cause.</summary>
    /// <param name="message">What faulted.</param>
    /// <param name="innerException">The error of the fence.</param>
    public DeviceDependencyException(string message, Exception? innerException)
        : this(message, innerException, 1)
    {
    }

    private DeviceDependencyException(string? message, Exception? innerException, int links)
        : base(message, innerException)
    {
        _message = message;
        Links = links;
    }

    /// <summary>
    /// The number of commands in the chain of failures, including this one: 1 when the command itself depended on the fence that faulted
    /// first.
    /// </summary>
    public int Links { get; }

    /// <summary>The description of the failure. The text is built when it is read, so that failed commands store none.</summary>
    public override string Message => _message ?? (InnerException is null
        ? "A fence that the command depends on faulted."
        : Links == 1
            ? $"A fence that the command depends on faulted: {InnerException.Message}"
            : $"A fence that the command depends on faulted, as the last of {Links} commands that failed for one cause: {InnerException.Message}");

    /// <summary>The error of a command that depended on a fence whose fault is known.</summary>
    internal static DeviceDependencyException For(Exception? fault) => new(null, DeviceFaultChain.CauseForDependents(fault, out int links), links);

    /// <summary>The error of a command that depended on a fence that did not signal in time.</summary>
    internal static DeviceDependencyException ForTimeout(Fence fence, TimeSpan limit) =>
        new(null, new FenceTimeoutException($"{fence} did not signal within {limit}, the DependencyTimeout of the queue."), 1);

    /// <summary>
    /// The error of a command that depended on a fence whose outcome is no longer known: the fence may have faulted, so the command must not
    /// run.
    /// </summary>
    internal static DeviceDependencyException ForRetired(Fence fence) =>
        new($"The command depends on {fence}, which is complete, but how it ended is forgotten; it may have faulted. "
            + $"A producer that remembers more faults (RetainedFaults) keeps the answer longer.");
}
