// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Remote.Caching;

/// <summary>Options of an application in a domain. Read and validated once, when the host starts.</summary>
[DebuggerDisplay("{Domain,nq}, owner: {IsOwner}")]
public sealed class FenceKitRemoteOptions
{
    /// <summary>Gets or sets the name of the domain, the same for all its processes. Required.</summary>
    public string Domain { get; set; } = "";

    /// <summary>
    /// Gets or sets the name of this process, which is shown when others wait for it; at most 64 bytes of UTF-8. Empty for a random number.
    /// </summary>
    public string NodeName { get; set; } = "";

    /// <summary>
    /// Gets or sets whether this process owns the domain: it carries out the removals of all processes. <b>Exactly one process at a
    /// time</b>; this package does not ensure that (docs/beyond-one-machine.md).
    /// </summary>
    public bool IsOwner { get; set; }

    /// <summary>
    /// Gets or sets the lease that the owner grants, 100 milliseconds to an hour; 10 seconds by default. It must be the same for all
    /// processes.
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets or sets the time after its start in which the owner completes no removal; null, the default, for the lease plus the drift. Zero
    /// only where there was no owner before.
    /// </summary>
    public TimeSpan? Grace { get; set; }

    /// <summary>
    /// Gets or sets the fraction by which the clock of this process may be wrong, 0 to 0.5; 0.01 (one percent) by default.
    /// </summary>
    public double ClockDriftBound { get; set; } = 0.01;

    /// <summary>Gets or sets the clock that measures the lease.</summary>
    public LeaseClock Clock { get; set; } = LeaseClock.Coarse;

    /// <summary>
    /// Gets or sets the maximum of the random delay after which a node that has lost its lease asks for the next one; 250 milliseconds by
    /// default.
    /// </summary>
    public TimeSpan RejoinJitter { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Gets or sets the maximum number of nodes of the owner, 1 to 4,096; 64 by default.</summary>
    public int NodeCapacity { get; set; } = 64;

    /// <summary>
    /// Gets or sets how many removals the owner carries out at the same time, 1 to 1,024; 64 by default. Further ones wait.
    /// </summary>
    public int SessionCapacity { get; set; } = 64;

    /// <summary>Gets or sets the time limit of a removal; 30 seconds by default, at most ten minutes.</summary>
    public TimeSpan RemoveBudget { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets how long an entry without an expiration of its own is kept; 5 minutes by default.</summary>
    public TimeSpan Expiration { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets or sets the maximum number of entries; 0, the default, for no limit.</summary>
    public int MaximumEntries { get; set; }

    internal RemoteNodeOptions ToNodeOptions() =>
        new() { Name = NodeName, ClockDriftBound = ClockDriftBound, Clock = Clock, RejoinJitter = RejoinJitter };

    internal RemoteOwnerOptions ToOwnerOptions() =>
        new() { Lease = Lease, Grace = Grace, ClockDriftBound = ClockDriftBound, NodeCapacity = NodeCapacity, SessionCapacity = SessionCapacity };

    internal RemoteHybridCacheOptions ToCacheOptions() =>
        new() { RemoveBudget = RemoveBudget, Expiration = Expiration, MaximumEntries = MaximumEntries > 0 ? MaximumEntries : null };
}
