// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

/// <summary>
/// The pools of waiter nodes for <c>await</c>: one for the process, and one for each pool provider of a user. Each thread caches some nodes
/// of the shared pool, which saves two interlocked operations per await.
/// </summary>
internal sealed class FenceWaiterPools
{
    // The number of nodes that a pool retains: enough for a burst, and about half a megabyte.
    internal const int RetainedNodes = 4096;

    private static readonly ObjectPoolProvider s_usual = new DefaultObjectPoolProvider { MaximumRetained = RetainedNodes };

    /// <summary>The pools of each user's provider, as long as the provider is alive.</summary>
    private static readonly ConditionalWeakTable<ObjectPoolProvider, FenceWaiterPools> s_byProvider = [];

    internal static readonly FenceWaiterPools Shared = new(s_usual);

    /// <summary>The number of nodes that a thread caches: enough for a hundred awaits of one fence, and about ten kilobytes.</summary>
    private const int RetainedByThread = 100;

    [ThreadStatic]
    private static ThreadNodes? t_nodes;

    internal FenceWaiterPools(ObjectPoolProvider provider)
    {
        Await = provider.Create(new AwaitPolicy(this));
        Wait = provider.Create(new WaitPolicy(this));
    }

    internal static FenceWaiterPools For(ObjectPoolProvider? provider) =>
        provider is null ? Shared : s_byProvider.GetValue(provider, static own => new FenceWaiterPools(new GuardedPoolProvider(own)));

    private ObjectPool<FenceAwaitNode> Await { get; }

    private ObjectPool<FenceWaitNode> Wait { get; }

    /// <summary>Rents a node for an await without a time limit.</summary>
    internal FenceAwaitNode RentAwait()
    {
        if (ReferenceEquals(this, Shared) && t_nodes is { } nodes)
        {
            FenceAwaitNode? last = nodes.Last;
            if (last is not null)
            {
                nodes.Last = null;
                return last;
            }

            if (nodes.Count > 0)
            {
                return nodes.Pop();
            }
        }

        return Await.GetShielded();
    }

    internal void Return(FenceAwaitNode node)
    {
        if (ReferenceEquals(this, Shared))
        {
            ThreadNodes nodes = t_nodes ??= new ThreadNodes();
            if (nodes.Last is null)
            {
                nodes.Last = node;
                return;
            }

            if (nodes.TryPush(node))
            {
                return;
            }
        }

        Await.ReturnShielded(node);
    }

    /// <summary>Rents a node for an await with a time limit.</summary>
    internal FenceWaitNode RentWait() =>
        ReferenceEquals(this, Shared) && t_nodes is { } nodes && nodes.Waits.TryTake(out FenceWaitNode? node) ? node : Wait.GetShielded();

    internal void Return(FenceWaitNode node)
    {
        if (!ReferenceEquals(this, Shared) || !(t_nodes ??= new ThreadNodes()).Waits.TryKeep(node))
        {
            Wait.ReturnShielded(node);
        }
    }

    /// <summary>The free nodes that a thread caches. Used only by that thread.</summary>
    private sealed class ThreadNodes
    {
        internal FenceAwaitNode? Last; // the node that was returned last: enough for a thread that awaits one fence at a time

        internal SparePair<FenceWaitNode> Waits;

        private readonly Entry[] _others = new Entry[RetainedByThread];

        internal int Count { get; private set; }

        internal FenceAwaitNode Pop()
        {
            ref Entry entry = ref _others[--Count];
            FenceAwaitNode node = entry.Node!;
            entry.Node = null;
            return node;
        }

        internal bool TryPush(FenceAwaitNode node)
        {
            if (Count == RetainedByThread)
            {
                return false;
            }

            _others[Count++].Node = node;
            return true;
        }

        /// <summary>A struct, because a store to an array of references has a covariance check.</summary>
        private struct Entry
        {
            internal FenceAwaitNode? Node;
        }
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
