// SPDX-License-Identifier: MIT
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

/// <summary>
/// The pools of the nodes behind <c>await</c>: one set for the process, or one per provider that a user hands in. In front of the one for
/// the process each thread keeps a few, which saves two interlocked operations per await.
/// </summary>
internal sealed class FenceWaiterPools
{
    // Nodes beyond this go to the garbage collector: enough for a burst, small enough (about half a megabyte) to keep.
    private const int RetainedNodes = 4096;

    internal static readonly FenceWaiterPools Shared = new(new DefaultObjectPoolProvider { MaximumRetained = RetainedNodes });

    /// <summary>What a thread keeps: a hundred awaits of one fence, and about ten kilobytes.</summary>
    private const int RetainedByThread = 100;

    [ThreadStatic]
    private static ThreadNodes? t_nodes;

    [ThreadStatic]
    private static FenceWaitNode? t_wait;

    [ThreadStatic]
    private static FenceSetWait? t_set;

    internal FenceWaiterPools(ObjectPoolProvider provider)
    {
        Await = provider.Create(new AwaitPolicy(this));
        Wait = provider.Create(new WaitPolicy(this));
        Sets = provider.Create(new SetPolicy());
    }

    internal static FenceWaiterPools For(ObjectPoolProvider? provider) => provider is null ? Shared : new FenceWaiterPools(provider);

    private ObjectPool<FenceAwaitNode> Await { get; }

    private ObjectPool<FenceWaitNode> Wait { get; }

    private ObjectPool<FenceSetWait> Sets { get; }

    /// <summary>A node for a plain await.</summary>
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

        return Await.Get();
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

        Await.Return(node);
    }

    /// <summary>A node for an await with a timeout or a token.</summary>
    internal FenceWaitNode RentWait()
    {
        FenceWaitNode? node = t_wait;
        if (node is null || !ReferenceEquals(this, Shared))
        {
            return Wait.Get();
        }

        t_wait = null;
        return node;
    }

    internal void Return(FenceWaitNode node)
    {
        if (t_wait is null && ReferenceEquals(this, Shared))
        {
            t_wait = node;
        }
        else
        {
            Wait.Return(node);
        }
    }

    /// <summary>The state of a wait for several fences.</summary>
    internal static FenceSetWait RentSet()
    {
        FenceSetWait? set = t_set;
        if (set is null)
        {
            return Shared.Sets.Get();
        }

        t_set = null;
        return set;
    }

    internal static void Return(FenceSetWait set)
    {
        if (t_set is null)
        {
            t_set = set;
        }
        else
        {
            Shared.Sets.Return(set);
        }
    }

    /// <summary>Free nodes. Only their thread touches them.</summary>
    private sealed class ThreadNodes
    {
        internal FenceAwaitNode? Last; // the one that was given back last: all that a thread needs that awaits one thing at a time

        private readonly FenceAwaitNode?[] _others = new FenceAwaitNode?[RetainedByThread];

        internal int Count { get; private set; }

        internal FenceAwaitNode Pop()
        {
            ref FenceAwaitNode? place = ref _others[--Count];
            FenceAwaitNode node = place!;
            place = null;
            return node;
        }

        internal bool TryPush(FenceAwaitNode node)
        {
            if (Count == RetainedByThread)
            {
                return false;
            }

            _others[Count++] = node;
            return true;
        }
    }

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
