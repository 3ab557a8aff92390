// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The error of a fence whose timeline or pool was disposed while the fence was pending, so that nobody will ever signal it.
/// The kernel calls this EDEADLK on release with pending callbacks.
/// </summary>
public sealed class FenceAbandonedException : Exception
{
    /// <summary>Creates the exception without a timeline.</summary>
    public FenceAbandonedException()
        : this("A fence was abandoned: its timeline was disposed before it signaled.")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    /// <param name="message">What was abandoned.</param>
    public FenceAbandonedException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and a cause.</summary>
    /// <param name="message">What was abandoned.</param>
    /// <param name="innerException">Why.</param>
    public FenceAbandonedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal static FenceAbandonedException ForTimeline(string name, ulong completed, ulong issued) => new(
        $"The fence timeline '{name}' was disposed with points {completed + 1}..{issued} pending; nobody will signal them.")
    {
        TimelineName = name,
    };

    internal static FenceAbandonedException ForIdleTimeline(string name) => new($"The fence timeline '{name}' was disposed.")
    {
        TimelineName = name,
    };

    /// <summary>The name of the timeline, if known.</summary>
    public string? TimelineName { get; private init; }
}
