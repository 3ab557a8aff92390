// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Knows what has to happen before a point of its timeline signals.</summary>
internal interface IFenceProducer
{
    /// <summary>Says what holds a point up, for people. May be called at any time, and takes no lock for longer than a few instructions.</summary>
    void DescribeHolders(ulong point, List<FenceHolder> holders);

    /// <summary>
    /// A thread of the pool has slept for a moment for a point of the timeline. Work of the producer that waits for a thread of the same pool
    /// may have to be done elsewhere. Must not wait.
    /// </summary>
    void HelpSleeper()
    {
    }
}
