// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Describes what the points of a timeline depend on. Implemented by the owner of the timeline.</summary>
internal interface IFenceProducer
{
    /// <summary>Describes what holds up a point. May be called at any time, and takes locks only for a few instructions.</summary>
    void DescribeHolders(ulong point, List<FenceHolder> holders);

    /// <summary>
    /// Called when a thread of the thread pool has blocked for a while for a point of the timeline. If the producer has work queued to the
    /// pool, all threads of the pool may be blocked like this, so the work may have to run on another thread. Must not wait.
    /// </summary>
    void HelpSleeper()
    {
    }
}
