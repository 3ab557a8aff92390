// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.Cluster;

/// <summary>What a node writes on the board; <see cref="IsCut"/> is written by the one who plays the network.</summary>
internal enum NodeCount
{
    /// <summary>Reads that were served from a copy.</summary>
    Reads,

    /// <summary>Of those, how many were older than what had been committed before the read began. It must stay zero.</summary>
    Stale,

    /// <summary>The same for reads that do not look at the lease.</summary>
    StaleUnchecked,

    /// <summary>The same for values that are invalidated by publishing and hoping.</summary>
    StalePlain,

    /// <summary>1 while the node has a lease.</summary>
    IsLeased,

    /// <summary>How often the node has begun with nothing.</summary>
    Incarnation,

    /// <summary>1 while the node is cut off.</summary>
    IsCut,
}
