// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Knows what has to happen before a point of its timeline signals.</summary>
internal interface IFenceProducer
{
    /// <summary>Says what holds a point up, for people. May be called at any time, and takes no lock for longer than a few instructions.</summary>
    void DescribeHolders(ulong point, List<FenceHolder> holders);
}
