// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
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

    private static readonly ObjectPoolProvider s_usual = new DefaultObjectPoolProvider { MaximumRetained = RetainedNodes };

    /// <summary>Of each provider that a user has handed in, as long as he keeps it.</summary>
    private static readonly ConditionalWeakTable<ObjectPoolProvider, FenceWaiterPools> s_byProvider = [];

    /// <summary>Waits for several fences are always of these: whose provider would count, of so many?</summary>
    private static readonly ObjectPool<FenceSetWait> s_sets = s_usual.Create(new SetPolicy());

    internal static readonly FenceWaiterPools Shared = new(s_usual);

    /// <summary>What a thread keeps: a hundred awaits of one fence, and about ten kilobytes.</summary>
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

    /// <summary>A node for an await with a timeout or a token.</summary>
    internal FenceWaitNode RentWait() =>
        ReferenceEquals(this, Shared) && t_nodes is { } nodes && nodes.Waits.TryTake(out FenceWaitNode? node) ? node : Wait.GetShielded();

    internal void Return(FenceWaitNode node)
    {
        if (!ReferenceEquals(this, Shared) || !(t_nodes ??= new ThreadNodes()).Waits.TryKeep(node))
        {
            Wait.ReturnShielded(node);
        }
    }

    /// <summary>The state of a wait for several fences.</summary>
    internal static FenceSetWait RentSet() =>
        t_nodes is { } nodes && nodes.Sets.TryTake(out FenceSetWait? set) ? set : s_sets.GetShielded();

    internal static void Return(FenceSetWait set)
    {
        if (!(t_nodes ??= new ThreadNodes()).Sets.TryKeep(set))
        {
            s_sets.ReturnShielded(set);
        }
    }

    /// <summary>
    /// Two of a kind. One serves whoever waits again and again; with an inline continuation the next wait begins before the last one has
    /// been given back, and takes the other.
    /// </summary>
    private struct Pair<T>
        where T : class
    {
        private T? _first;
        private T? _second;

        internal bool TryTake([NotNullWhen(true)] out T? item)
        {
            item = _first;
            if (item is not null)
            {
                _first = null;
                return true;
            }

            item = _second;
            _second = null;
            return item is not null;
        }

        internal bool TryKeep(T item)
        {
            if (_first is null)
            {
                _first = item;
                return true;
            }

            if (_second is null)
            {
                _second = item;
                return true;
            }

            return false;
        }
    }

    /// <summary>Free nodes. Only their thread touches them.</summary>
    private sealed class ThreadNodes
    {
        internal FenceAwaitNode? Last; // the one that was given back last: all that a thread needs that awaits one thing at a time

        internal Pair<FenceWaitNode> Waits;
        internal Pair<FenceSetWait> Sets;

        private readonly Place[] _others = new Place[RetainedByThread];

        internal int Count { get; private set; }

        internal FenceAwaitNode Pop()
        {
            ref Place place = ref _others[--Count];
            FenceAwaitNode node = place.Node!;
            place.Node = null;
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

        /// <summary>A struct, because an array of references asks for the type of what is stored and of what is lent.</summary>
        private struct Place
        {
            internal FenceAwaitNode? Node;
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
