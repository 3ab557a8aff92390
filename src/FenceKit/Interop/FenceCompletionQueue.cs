// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Threading.Channels;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>
/// Completions of many fences as a stream: watch a fence with a tag, read what has completed from a <see cref="ChannelReader{T}"/>, in
/// the order in which it did. As the completion queue of io_uring.
/// </summary>
/// <remarks>
/// <para>
/// Bounded at the entrance: <see cref="TryWatch"/> is false when as many fences as the queue has room for are watched or wait to be
/// read. So there is always room for a completion, a signaler never waits, and none is lost, also when the signaler or the reader is
/// interrupted (<see cref="Thread.Interrupt"/>): nothing here throws because of it, and the interrupt stays for the thread's next wait.
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
    private int _inUse;     // under the lock: watched, or not read yet
    private bool _disposed; // under the lock

    // A node is taken from the watch until the read.
    //
    //   Free ──TryWatch──► Watching ──signal──► Completed (and then in the channel) ──read──► Free
    //    ▲                    │                     │
    //    └──Dispose removed it┴──the channel ended──┘
    //
    //   Free → Watching       under the lock
    //   Watching → Completed  the signaler alone, after it has written the outcome
    //   → Free                under the lock, by the thread that finds it in the state before
    private enum Phase
    {
        Free = 0,
        Watching = 1,
        Completed = 2,
    }

    /// <summary>Creates the queue and everything in it.</summary>
    /// <param name="capacity">How many fences may be watched or wait to be read, 1 to <see cref="MaxCapacity"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is out of range.</exception>
    public FenceCompletionQueue(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MaxCapacity);

        // The channel wakes readers after it has taken an item. An interrupt there makes the write be done again, see Complete: hence twice the room.
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

    /// <summary>How many fences may be watched or wait to be read.</summary>
    public int Capacity => _nodes.Length;

    /// <summary>How many are watched or wait to be read at this moment.</summary>
    public int InUse => Volatile.Read(ref _inUse);

    /// <summary>What has completed. The reader completes when the queue is disposed and everything was read.</summary>
    public ChannelReader<FenceCompletion> Reader { get; }

    /// <summary>Watches a fence until it completes.</summary>
    /// <param name="fence">The fence; a complete one is reported at once.</param>
    /// <param name="tag">Comes back with the completion.</param>
    /// <returns>False when the queue is full: read something first.</returns>
    /// <remarks>Never blocks on anything but another thread inside this queue; never allocates.</remarks>
    /// <exception cref="ObjectDisposedException">The queue is disposed.</exception>
    public bool TryWatch(Fence fence, ulong tag = 0)
    {
        Node? node;
        _lock.EnterShielded();
        try
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
        finally
        {
            _lock.Exit();
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

    /// <summary>Stops watching. What has completed can still be read; what has not is not reported. A second call does nothing.</summary>
    public void Dispose()
    {
        _lock.EnterShielded();
        try
        {
            if (_disposed)
            {
                return;
            }

            Volatile.Write(ref _disposed, true);
        }
        finally
        {
            _lock.Exit();
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
    /// The channel's lock is one that an interrupted thread throws out of, so the write is done again until it is not interrupted. If it was
    /// done already, the channel has the node twice; the one that reads it the second time finds that it was read, see <see cref="TryTake"/>.
    /// </summary>
    private void Complete(Node node, FenceStatus status, Exception? error)
    {
        node.Completion = node.Completion with { Status = status, Error = error };
        // Pairs with the look under the lock in TryTake. An exchange, so that the phase is out before the channel has the node and does not
        // rest on the lock that the channel happens to take: a reader that came first would take the node for one that was read already.
        Interlocked.Exchange(ref node.Phase, (int)Phase.Completed);
        if (!InterruptShield.Run((_completed.Writer, node), static work => work.Writer.TryWrite(work.node)))
        {
            Debug.Assert(Volatile.Read(ref _disposed), "Room was kept for this completion.");
            Free(node); // disposed meanwhile: it is not reported
        }
    }

    /// <summary>Gives the node back with the completion that is read.</summary>
    private bool TryTake(Node node, out FenceCompletion completion)
    {
        _lock.EnterShielded();
        bool isFirst = Volatile.Read(ref node.Phase) == (int)Phase.Completed;
        completion = isFirst ? node.Completion : default;
        if (isFirst)
        {
            FreeLocked(node);
        }

        _lock.Exit();
        return isFirst;
    }

    private bool TryLook(Node node, out FenceCompletion completion)
    {
        _lock.EnterShielded();
        bool isFirst = Volatile.Read(ref node.Phase) == (int)Phase.Completed;
        completion = isFirst ? node.Completion : default;
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
        node.Forget(); // a queue keeps no timeline alive that it does not watch
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

    /// <summary>The channel's reader, with completions for nodes.</summary>
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
            return node is not null && owner.TryLook(node, out item);
        }

        public override bool TryRead(out FenceCompletion item)
        {
            while (InterruptShield.Run(inner, static reader => reader.TryRead(out Node? next) ? next : null) is { } node)
            {
                if (owner.TryTake(node, out item))
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
