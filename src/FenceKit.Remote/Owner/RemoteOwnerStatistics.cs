// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>Counters of an owner since its start.</summary>
/// <param name="Nodes">The current number of members.</param>
/// <param name="Open">The current number of ranges under invalidation or not yet answered for.</param>
/// <param name="Acknowledged">Answers of nodes that have let go.</param>
/// <param name="Expired">Answers replaced by the end of a lease.</param>
/// <param name="Replaced">Answers replaced by a node's next incarnation, or by its leaving: it had dropped everything.</param>
/// <param name="Grants">Leases granted, including renewals.</param>
/// <param name="Withheld">Renewals withheld because the node had left a schedule unanswered for a quarter of the lease.</param>
/// <param name="Expelled">Renewals refused because the incarnation was dead or of another owner.</param>
/// <param name="Repeats">Messages sent again because no answer had come.</param>
/// <param name="Full">Joins refused because there were too many nodes.</param>
/// <param name="Rejected">Invalid messages: of another length, version or domain, or with impossible contents.</param>
/// <param name="TransportFaults">Exceptions of the transport.</param>
public readonly record struct RemoteOwnerStatistics(
    int Nodes,
    int Open,
    long Acknowledged,
    long Expired,
    long Replaced,
    long Grants,
    long Withheld,
    long Expelled,
    long Repeats,
    long Full,
    long Rejected,
    long TransportFaults);
