// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>What a node has counted since its start.</summary>
/// <param name="Incarnation">How often it has begun with nothing, counted from 1.</param>
/// <param name="Open">Remote invalidations that are open here at this moment.</param>
/// <param name="Grants">Leases got or made longer.</param>
/// <param name="Expired">Leases that ran out.</param>
/// <param name="Expelled">Leases that the owner ended.</param>
/// <param name="NewOwners">Leases that ended because the domain has another owner.</param>
/// <param name="Acknowledged">Answers given, repeated ones too.</param>
/// <param name="Rejected">Messages that were none, or that there was no room for.</param>
/// <param name="TransportFaults">How often the transport threw.</param>
public readonly record struct RemoteNodeStatistics(
    ulong Incarnation, int Open, long Grants, long Expired, long Expelled, long NewOwners, long Acknowledged, long Rejected, long TransportFaults);
