// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// What issuing touches, and what a signaler reads first. On other cache lines than the state: one that reads these before a signal does not fetch
/// the state to read, when a moment later it has to be fetched again to write.
/// </summary>
internal struct TimelineIssueFields
{
    /// <summary>The last point that was issued.</summary>
    internal ulong Issued;

    /// <summary>1: the last waiter saw the signal while it was polling, see FenceTimeline.SignalPolled.</summary>
    internal long IsPolled;

    /// <summary>0 in the usual case; points may be issued while Disposed is set, FenceTimeline.Dispose says why that is harmless.</summary>
    internal int Flags;

    /// <summary>Who issued which point; null when nobody keeps track.</summary>
    internal FenceIssuers? Issuers;

    /// <summary>Points that were issued together; null when the timeline reports nothing.</summary>
    internal IssuedBlocks? Blocks;
}
