// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The node of one member of a <see cref="FenceSet"/>.</summary>
internal sealed class FenceSetNode(FenceSet owner, int index) : FenceCallback(isInternal: true)
{
    internal override void DescribeWaits(Fence fence, List<FenceWait> waits) => owner.DescribeWaits(fence, waits);

    internal override void Deliver(ref ContinuationBatch continuations)
    {
        continuations.Flush();
        owner.OnMemberSignaled(index, DeliveredStatus);
    }

    protected override void OnSignaled(FenceStatus status, Exception? fault) => owner.OnMemberSignaled(index, status);
}
