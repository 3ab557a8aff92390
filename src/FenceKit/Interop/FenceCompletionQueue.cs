// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Threading.Channels;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>
/// A stream of the completions of many fences: watch fences with tags, and read their completions from a <see cref="ChannelReader{T}"/>, in
/// the order in which they happened. Modeled on the completion queue of io_uring.
/// </summary>
/// <remarks>
/// <para>
/// The capacity limits <see cref="TryWatch"/>: it returns false when the number of watched fences and unread completions has reached
/// <see cref="Capacity"/>. So there is always room for a completion: a signaler never waits, and no completion is lost. This holds also for a
/// thread that was interrupted (<see cref="Thread.Interrupt"/>): no member throws because of it, and the interrupt stays pending for the
/// thread's next wait.
/// </para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time. <b>Allocates</b>: the constructor.</para>
/// </remarks>
[DebuggerDisplay("{InUse} of {Capacity} in use")]
#pragma warning disable CA1711 // It is a queue: of completions.
public sealed class FenceCompletionQueue : IDisposable
#pragma warning restore CA1711
{
    /// <summary>The largest <see cref="Capacity"/>.</summary>
    public const int MaxCapacity = 1 << 24;

    private readonly Lock _lock = new();
    private readonly Node[] _nodes;
    private readonly Channel<Node> _completed;
    private Node? _free;    // under the lock
    private int _inUse;     // under the lock: watched fences and unread completions
    private bool _disposed; // under the lock

    // A node is in use from TryWatch until its completion is read.
    //
    //   Free ──TryWatch──► Watching ──signal──► Completed (and then in the channel) ──read──► Free
    //    ▲                    │                     │
    //    └──Dispose removed it┴──the channel ended──┘
    //
    //   Free → Watching       under the lock
    //   Watching → Completed  by the signaler only, after it has written the outcome
    //   → Free                under the lock, by the thread that finds the node in the state before
    private enum Phase
    {
        Free = 0,
        Watching = 1,
        Completed = 2,
    }

    /// <summary>Creates the queue, and allocates all that it will need.</summary>
    /// <param name="capacity">The largest number of watched fences and unread completions, 1 to <see cref="MaxCapacity"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is out of range.</exception>
    public FenceCompletionQueue(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MaxCapacity);

        // Twice the capacity, because an interrupt may cause an item to be written twice: see Complete.
        _completed = Channel.CreateBounded<Node>(new BoundedChannelOptions(2 * capacity)
        {
            AllowSynchronousContinuations = false, // a reader's code must not run on the signaler's stack
        });
        Reader = new CompletionReader(this, _completed.Reader);
        _nodes = new Node[capacity];
        for (int i = 0; i < capacity; i++)
        {
            _nodes[i] = new Node(this) { NextFree = _free };
            _free = _nodes[i];
        }
    }

    /// <summary>The largest number of watched fences and unread completions.</summary>
    public int Capacity => _nodes.Length;

    /// <summary>The present number of watched fences and unread completions.</summary>
    public int InUse => Volatile.Read(ref _inUse);

    /// <summary>The completions. The reader completes when the queue is disposed and everything was read.</summary>
    public ChannelReader<FenceCompletion> Reader { get; }

    /// <summary>Watches a fence until it completes.</summary>
    /// <param name="fence">The fence. If it is complete already, the completion is available at once.</param>
    /// <param name="tag">A value that is returned with the completion.</param>
    /// <returns>False when the queue is full: read completions first.</returns>
    /// <remarks>Blocks only for other threads that are inside the queue, for a few instructions. Never allocates.</remarks>
    /// <exception cref="ObjectDisposedException">The queue is disposed.</exception>
    public bool TryWatch(Fence fence, ulong tag = 0)
    {
        Node? node;
        using (_lock.EnterShieldedScope())
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            node = _free;
            if (node is not null)
            {
                _free = node.NextFree;
                _inUse++;
                node.Completion = new FenceCompletion(fence, tag, FenceStatus.Pending, Error: null);
                Volatile.Write(ref node.Phase, (int)Phase.Watching);
            }
        }

        if (node is null)
        {
            FenceKitMeter.Count(FenceKitCounter.CompletionQueueFull);
            FenceKitEventSource.Log.CompletionQueueFull(_nodes.Length);
            return false;
        }

        if (!fence.TryAddCallback(node))
        {
            FenceStatus status = fence.GetStatus(out Exception? error);
            Complete(node, status, error);
        }
        else if (Volatile.Read(ref _disposed) && fence.TryRemoveCallback(node) == FenceCallbackRemoval.Removed)
        {
            Free(node);
        }

        return true;
    }

    /// <summary>
    /// Stops watching. Earlier completions can still be read; fences that are still pending are not reported any longer. A second call does
    /// nothing.
    /// </summary>
    public void Dispose()
    {
        using (_lock.EnterShieldedScope())
        {
            if (_disposed)
            {
                return;
            }

            Volatile.Write(ref _disposed, true);
        }

        foreach (Node node in _nodes)
        {
            if (Volatile.Read(ref node.Phase) == (int)Phase.Watching
                && node.Completion.Fence.TryRemoveCallback(node) == FenceCallbackRemoval.Removed)
            {
                Free(node);
            }
        }

        InterruptShield.Run(_completed.Writer, static writer => writer.TryComplete());
    }

    /// <summary>
    /// Writes the completion to the channel. An interrupt may throw out of the channel's lock, so the write is repeated until no interrupt
    /// ends it. An interrupt may also come after the item was written: then the channel has the node twice, and <see cref="TryTake"/> ignores
    /// the second one.
    /// </summary>
    private void Complete(Node node, FenceStatus status, Exception? error)
    {
        node.Completion = node.Completion with { Status = status, Error = error };
        // A full fence, which pairs with the read under the lock in TryTake: a reader that gets the node must see the new phase, or it would
        // take the node for a duplicate. This does not rely on the lock inside the channel.
        Interlocked.Exchange(ref node.Phase, (int)Phase.Completed);
        if (!InterruptShield.Run((_completed.Writer, node), static work => work.Writer.TryWrite(work.node)))
        {
            Debug.Assert(Volatile.Read(ref _disposed), "Room was kept for this completion.");
            Free(node); // the queue was disposed in the meantime, so the completion is not reported
        }
    }

    /// <summary>Reads the completion of a node, and frees the node unless this is a peek. False when the node is a duplicate.</summary>
    private bool TryTake(Node node, bool isPeek, out FenceCompletion completion)
    {
        _lock.EnterShielded();
        bool isFirst = Volatile.Read(ref node.Phase) == (int)Phase.Completed;
        completion = isFirst ? node.Completion : default;
        if (isFirst && !isPeek)
        {
            FreeLocked(node);
        }

        _lock.Exit();
        return isFirst;
    }

    private void Free(Node node)
    {
        _lock.EnterShielded();
        FreeLocked(node);
        _lock.Exit();
    }

    private void FreeLocked(Node node)
    {
        node.Completion = default;
        node.Forget(); // so that the node does not keep the timeline alive
        Volatile.Write(ref node.Phase, (int)Phase.Free);
        node.NextFree = _free;
        _free = node;
        _inUse--;
    }

    private sealed class Node(FenceCompletionQueue owner) : FenceCallback(isInternal: true)
    {
        internal Node? NextFree;
        internal FenceCompletion Completion;
        internal int Phase;

        protected override void OnSignaled(FenceStatus status, Exception? fault) => owner.Complete(this, status, fault);
    }

    /// <summary>The reader of the channel, which returns completions in place of nodes.</summary>
    private sealed class CompletionReader(FenceCompletionQueue owner, ChannelReader<Node> inner) : ChannelReader<FenceCompletion>
    {
        public override bool CanCount => inner.CanCount;

        public override bool CanPeek => inner.CanPeek;

        public override int Count => InterruptShield.Run(inner, static reader => reader.Count);

        public override Task Completion => inner.Completion;

        public override bool TryPeek(out FenceCompletion item)
        {
            Node? node = InterruptShield.Run(inner, static reader => reader.TryPeek(out Node? next) ? next : null);
            item = default;
            return node is not null && owner.TryTake(node, isPeek: true, out item);
        }

        public override bool TryRead(out FenceCompletion item)
        {
            while (InterruptShield.Run(inner, static reader => reader.TryRead(out Node? next) ? next : null) is { } node)
            {
                if (owner.TryTake(node, isPeek: false, out item))
                {
                    return true;
                }
            }

            item = default;
            return false;
        }

        public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) =>
            InterruptShield.Run((inner, cancellationToken), static wait => wait.inner.WaitToReadAsync(wait.cancellationToken));
    }
}
