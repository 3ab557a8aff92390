// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// The error of a fence that can no longer be signaled: its timeline or pool was disposed while the fence was pending, or its timeline or its
/// <see cref="FenceSource"/> was collected. The kernel's counterpart is EDEADLK on release with pending callbacks.
/// </summary>
[DebuggerDisplay("{Message}")]
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
    /// <param name="innerException">The cause.</param>
    public FenceAbandonedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal static FenceAbandonedException ForTimeline(string name, ulong completed, ulong issued, string? issuer) => new(
        $"The fence timeline '{name}' was disposed with {PendingPoints(completed, issued)} pending; nobody will signal them. "
        + FenceIssuers.Describe(completed + 1, issuer))
    {
        TimelineName = name,
        Issuer = issuer,
    };

    internal static FenceAbandonedException ForCollected(string name, ulong completed, ulong issued, string? issuer) => new(
        $"The fence timeline '{name}' was dropped and collected with {PendingPoints(completed, issued)} pending; nobody can signal them. "
        + FenceIssuers.Describe(completed + 1, issuer))
    {
        TimelineName = name,
        Issuer = issuer,
    };

    internal static FenceAbandonedException ForDroppedSource(string pool, ulong point, string? issuer) => new(
        $"The source of a fence of the pool '{pool}' was dropped and collected without a signal; nobody can signal the fence. "
        + FenceIssuers.Describe(point, issuer))
    {
        TimelineName = pool,
        Issuer = issuer,
    };

    internal static FenceAbandonedException ForIdleTimeline(string name) => new($"The fence timeline '{name}' was disposed.")
    {
        TimelineName = name,
    };

    private static string PendingPoints(ulong completed, ulong issued) => $"points {completed + 1}..{issued}";

    /// <summary>The name of the timeline, if known.</summary>
    public string? TimelineName { get; private init; }

    /// <summary>
    /// The code and thread that issued the first pending point, if the timeline tracks issuers
    /// (<see cref="FenceTimelineOptions.TrackedIssuers"/>).
    /// </summary>
    public string? Issuer { get; private init; }
}
