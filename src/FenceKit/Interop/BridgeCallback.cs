// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Waits for a fence on behalf of an object of the user's, a handle or a descriptor, which it does not keep alive.</summary>
internal abstract class BridgeCallback(Fence fence) : FenceCallback
{
    internal void Remove() => fence.TryRemoveCallback(this);
}
