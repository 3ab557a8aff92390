// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>What an owner has counted since its start.</summary>
/// <param name="Nodes">Members at this moment.</param>
/// <param name="Open">Ranges under invalidation, or not yet answered for, at this moment.</param>
/// <param name="Acknowledged">Answers of nodes that have let go.</param>
/// <param name="Expired">Answers that were the end of a lease.</param>
/// <param name="Replaced">Answers that were a node's next incarnation, or its leave: it had dropped everything.</param>
/// <param name="Grants">Leases given or made longer.</param>
/// <param name="Withheld">Renewals not given because the node had left something unanswered for a quarter of the lease.</param>
/// <param name="Expelled">Renewals refused because the incarnation was dead or of another owner.</param>
/// <param name="Repeats">Messages sent again because no answer had come.</param>
/// <param name="Full">Joins refused because there were too many nodes.</param>
/// <param name="Rejected">Messages that were none: of another length, version or domain, or impossible.</param>
/// <param name="TransportFaults">How often the transport threw.</param>
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
