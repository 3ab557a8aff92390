// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>Counters of a node since its start.</summary>
/// <param name="Incarnation">How many times the node has started without copies, counted from 1.</param>
/// <param name="Open">Remote invalidations that are open in this process now.</param>
/// <param name="Grants">Leases received, including renewals.</param>
/// <param name="Expired">Leases that ran out.</param>
/// <param name="Expelled">Leases that the owner ended.</param>
/// <param name="NewOwners">Leases that ended because the domain has another owner.</param>
/// <param name="Acknowledged">Acknowledgments sent, including repeated ones.</param>
/// <param name="Rejected">Messages that were invalid, or for which there was no room.</param>
/// <param name="TransportFaults">Exceptions of the transport.</param>
public readonly record struct RemoteNodeStatistics(
    ulong Incarnation, int Open, long Grants, long Expired, long Expelled, long NewOwners, long Acknowledged, long Rejected, long TransportFaults);
