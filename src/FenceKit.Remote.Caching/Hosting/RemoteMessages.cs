// SPDX-License-Identifier: MIT
using Microsoft.Extensions.Logging;

namespace FenceKit.Remote.Caching;

/// <summary>
/// All log messages of this package. They contain names of domains and nodes only: no keys, values, addresses or credentials.
/// </summary>
internal static partial class RemoteMessages
{
    internal const string Category = "FenceKit.Remote";

    [LoggerMessage(200, LogLevel.Information, "This process owns the domain {Domain}: leases of {Lease}, in grace: {IsInGrace}")]
    internal static partial void OwnerStarted(this ILogger logger, string domain, TimeSpan lease, bool isInGrace);

    [LoggerMessage(201, LogLevel.Information, "This process is the node '{Node}' of the domain {Domain}")]
    internal static partial void NodeStarted(this ILogger logger, string domain, string node);

    [LoggerMessage(202, LogLevel.Information, "The incarnation {Incarnation} of this node of {Domain} has a lease: copies are served")]
    internal static partial void LeaseGained(this ILogger logger, string domain, ulong incarnation);

    [LoggerMessage(203, LogLevel.Warning, "The incarnation {Incarnation} of this node of {Domain} has lost its lease ({Reason}): every copy is dropped, reads go to the origin")]
    internal static partial void LeaseLost(this ILogger logger, string domain, ulong incarnation, LeaseLossReason reason);

    [LoggerMessage(204, LogLevel.Warning, "A removal in {Domain} is not proven ({Outcome}), waiting for: {Pending}")]
    internal static partial void RemovalPending(this ILogger logger, string domain, InvalidationOutcome outcome, string pending);

    [LoggerMessage(205, LogLevel.Information, "This process has left the domain {Domain}")]
    internal static partial void Left(this ILogger logger, string domain);
}
