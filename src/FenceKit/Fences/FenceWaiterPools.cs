// SPDX-License-Identifier: MIT
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

/// <summary>The pools of the nodes behind <c>await</c>: one set for the process, or one per provider that a user hands in.</summary>
internal sealed class FenceWaiterPools
{
    // Nodes beyond this go to the garbage collector: enough for a burst, small enough (about half a megabyte) to keep.
    private const int RetainedNodes = 4096;

    internal static readonly FenceWaiterPools Shared = new(new DefaultObjectPoolProvider { MaximumRetained = RetainedNodes });

    internal FenceWaiterPools(ObjectPoolProvider provider)
    {
        Await = provider.Create(new AwaitPolicy(this));
        Wait = provider.Create(new WaitPolicy(this));
        Sets = provider.Create(new SetPolicy());
    }

    internal static FenceWaiterPools For(ObjectPoolProvider? provider) => provider is null ? Shared : new FenceWaiterPools(provider);

    /// <summary>Nodes of plain awaits.</summary>
    internal ObjectPool<FenceAwaitNode> Await { get; }

    /// <summary>Nodes of awaits with a timeout or a token.</summary>
    internal ObjectPool<FenceWaitNode> Wait { get; }

    /// <summary>Waits for several fences.</summary>
    internal ObjectPool<FenceSetWait> Sets { get; }

    private sealed class SetPolicy : PooledObjectPolicy<FenceSetWait>
    {
        public override FenceSetWait Create() => new();

        public override bool Return(FenceSetWait obj) => true;
    }

    private sealed class AwaitPolicy(FenceWaiterPools pools) : PooledObjectPolicy<FenceAwaitNode>
    {
        public override FenceAwaitNode Create() => new(pools);

        public override bool Return(FenceAwaitNode obj) => true;
    }

    private sealed class WaitPolicy(FenceWaiterPools pools) : PooledObjectPolicy<FenceWaitNode>
    {
        public override FenceWaitNode Create() => new(pools);

        public override bool Return(FenceWaitNode obj) => true;
    }
}
