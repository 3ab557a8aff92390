// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The node of one member of a <see cref="FenceSet"/>.</summary>
internal sealed class FenceSetNode(FenceSet owner, int index) : FenceCallback(isPrivate: true)
{
    protected override void OnSignaled(FenceStatus status, Exception? fault) => owner.OnMemberSignaled(index, status);
}
