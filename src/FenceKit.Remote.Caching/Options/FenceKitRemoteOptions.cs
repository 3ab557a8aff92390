// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Remote.Caching;

/// <summary>How an application takes part in a domain. Read once, when the host starts; checked then.</summary>
[DebuggerDisplay("{Domain,nq}, owner: {IsOwner}")]
public sealed class FenceKitRemoteOptions
{
    /// <summary>Gets or sets the name of the domain, the same for all its processes. Required.</summary>
    public string Domain { get; set; } = "";

    /// <summary>Gets or sets what this process is called when somebody waits for it; at most 64 bytes of UTF-8. Empty for a random number.</summary>
    public string NodeName { get; set; } = "";

    /// <summary>
    /// Gets or sets whether this process owns the domain: it carries out the removals of all. <b>Exactly one process at a time</b>; to see to that is not the
    /// business of this package (docs/beyond-one-machine.md).
    /// </summary>
    public bool IsOwner { get; set; }

    /// <summary>Gets or sets the lease that the owner gives, 100 milliseconds to an hour; 10 seconds unless said otherwise. For all processes the same.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets or sets for how long after its start the owner completes nothing; null, and unless said otherwise, for the lease and the drift. Zero only where there was no owner before.
    /// </summary>
    public TimeSpan? Grace { get; set; }

    /// <summary>Gets or sets by how much the clock of this process may run wrongly, 0 to 0.5; 0.01, one percent, unless said otherwise.</summary>
    public double ClockDriftBound { get; set; } = 0.01;

    /// <summary>Gets or sets by which clock the lease is measured.</summary>
    public LeaseClock Clock { get; set; } = LeaseClock.Coarse;

    /// <summary>Gets or sets within what time, at random, a node that has lost its lease asks for the next one; 250 milliseconds unless said otherwise.</summary>
    public TimeSpan RejoinJitter { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Gets or sets how many nodes the owner takes, 1 to 4,096; 64 unless said otherwise.</summary>
    public int NodeCapacity { get; set; } = 64;

    /// <summary>Gets or sets how many removals the owner carries out at once, 1 to 1,024; 64 unless said otherwise. Others wait for their turn.</summary>
    public int SessionCapacity { get; set; } = 64;

    /// <summary>Gets or sets how long a removal may take; 30 seconds unless said otherwise, at most ten minutes.</summary>
    public TimeSpan RemoveBudget { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets how long an entry that names no time of its own is kept; 5 minutes unless said otherwise.</summary>
    public TimeSpan Expiration { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets or sets how many entries are kept at most; 0, and unless said otherwise, for no limit.</summary>
    public int MaximumEntries { get; set; }

    internal RemoteNodeOptions ToNodeOptions() =>
        new() { Name = NodeName, ClockDriftBound = ClockDriftBound, Clock = Clock, RejoinJitter = RejoinJitter };

    internal RemoteOwnerOptions ToOwnerOptions() =>
        new() { Lease = Lease, Grace = Grace, ClockDriftBound = ClockDriftBound, NodeCapacity = NodeCapacity, SessionCapacity = SessionCapacity };

    internal RemoteHybridCacheOptions ToCacheOptions() =>
        new() { RemoveBudget = RemoveBudget, Expiration = Expiration, MaximumEntries = MaximumEntries > 0 ? MaximumEntries : null };
}
