// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The fields that issuing uses, and that a signaler reads first. They are on other cache lines than the state, so that reading them does not
/// fetch the line of the state for reading, just before the signal needs it for writing.
/// </summary>
internal struct TimelineIssueFields
{
    /// <summary>The last point that was issued.</summary>
    internal ulong Issued;

    /// <summary>1 if the last waiter saw the signal while it was spinning; see FenceTimeline.SignalPolled.</summary>
    internal long IsPolled;

    /// <summary>0 in the usual case. A point may be issued while Disposed is being set; see FenceTimeline.Dispose for why that is harmless.</summary>
    internal int Flags;

    /// <summary>The issuers of points; null if they are not tracked.</summary>
    internal FenceIssuers? Issuers;

    /// <summary>Points that were issued together; null if cumulative signals are not reported.</summary>
    internal IssuedBlocks? Blocks;
}
