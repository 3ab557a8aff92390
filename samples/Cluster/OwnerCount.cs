// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.Cluster;

/// <summary>What the owner writes on the board; a successor goes on counting where its predecessor stopped.</summary>
internal enum OwnerCount
{
    /// <summary>How many owners there have been.</summary>
    Lives,

    /// <summary>Invalidations that have ended.</summary>
    Sessions,

    /// <summary>Of those, how many had somebody to wait for.</summary>
    SessionsThatWaited,

    /// <summary>Answers by acknowledgement.</summary>
    Acknowledged,

    /// <summary>Answers by the end of a lease.</summary>
    Expired,

    /// <summary>Answers by a new life of a node.</summary>
    Replaced,

    /// <summary>Messages sent again.</summary>
    Repeats,

    /// <summary>The longest invalidation, in microseconds.</summary>
    Longest,

    /// <summary>1 while the owner completes nothing, because a predecessor may have promised something.</summary>
    IsInGrace,

    /// <summary>The nodes that are waited for, a bit each.</summary>
    Pending,

    /// <summary>From here on: how many invalidations took less than 1.1, 1.1², 1.1³, ... microseconds.</summary>
    FirstOfTimes,
}
