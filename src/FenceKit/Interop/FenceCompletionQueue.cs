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
/// read. So there is always room for a completion, a signaler never waits, and none is lost.
/// </para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time. <b>Allocates</b>: the constructor.</para>
/// </remarks>
[DebuggerDisplay("{InUse} of {Capacity} in use")]
#pragma warning disable CA1711 // It is a queue: of completions.
public sealed class FenceCompletionQueue : IDisposable
#pragma warning restore CA1711
{
    private readonly Lock _gate = new();
    private readonly Node[] _nodes;
    private readonly Channel<FenceCompletion> _completed;
    private Node? _free;    // under the gate
    private int _inUse;     // under the gate: watched, or not read yet
    private bool _disposed; // under the gate

    /// <summary>Creates the queue and everything in it.</summary>
    /// <param name="capacity">How many fences may be watched or wait to be read, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is less than 1.</exception>
    public FenceCompletionQueue(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _completed = Channel.CreateBounded<FenceCompletion>(new BoundedChannelOptions(capacity)
        {
            AllowSynchronousContinuations = false, // a reader's code must not run on the signaler's stack
        });
        Reader = new CountingReader(this, _completed.Reader);
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
        _gate.EnterShielded();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            node = _inUse < _nodes.Length ? _free : null;
            if (node is not null)
            {
                _free = node.NextFree;
                _inUse++;
                node.Watched = fence;
                node.Tag = tag;
                node.IsWatching = true;
            }
        }
        finally
        {
            _gate.Exit();
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
            Drop(node);
        }

        return true;
    }

    /// <summary>Stops watching. What has completed can still be read; what has not is not reported. A second call does nothing.</summary>
    public void Dispose()
    {
        _gate.EnterShielded();
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
            _gate.Exit();
        }

        foreach (Node node in _nodes)
        {
            if (Volatile.Read(ref node.IsWatching) && node.Watched.TryRemoveCallback(node) == FenceCallbackRemoval.Removed)
            {
                Drop(node);
            }
        }

        _completed.Writer.TryComplete();
    }

    /// <summary>There is room: whoever watches takes a place, and gives it back only when the completion was read.</summary>
    private void Complete(Node node, FenceStatus status, Exception? error)
    {
        FenceCompletion completion = new(node.Watched, node.Tag, status, error);
        Free(node);
        bool written = _completed.Writer.TryWrite(completion);
        Debug.Assert(written || Volatile.Read(ref _disposed), "A place was kept for this completion.");
    }

    private void Free(Node node)
    {
        node.Watched = default;
        node.Forget(); // a queue keeps no timeline alive that it does not watch
        Volatile.Write(ref node.IsWatching, false);
        _gate.EnterShielded();
        node.NextFree = _free;
        _free = node;
        _gate.Exit();
    }

    private void Drop(Node node)
    {
        Free(node);
        OnRead();
    }

    private void OnRead()
    {
        _gate.EnterShielded();
        _inUse--;
        _gate.Exit();
    }

    private sealed class Node(FenceCompletionQueue owner) : FenceCallback(isPrivate: true)
    {
        internal Node? NextFree;
        internal Fence Watched;
        internal ulong Tag;
        internal bool IsWatching;

        protected override void OnSignaled(FenceStatus status, Exception? fault) => owner.Complete(this, status, fault);
    }

    /// <summary>Gives the place back with every completion that is read; the rest is the channel's.</summary>
    private sealed class CountingReader(FenceCompletionQueue owner, ChannelReader<FenceCompletion> inner) : ChannelReader<FenceCompletion>
    {
        public override bool CanCount => inner.CanCount;

        public override bool CanPeek => inner.CanPeek;

        public override int Count => inner.Count;

        public override Task Completion => inner.Completion;

        public override bool TryPeek(out FenceCompletion item) => inner.TryPeek(out item);

        public override bool TryRead(out FenceCompletion item)
        {
            if (!inner.TryRead(out item))
            {
                return false;
            }

            owner.OnRead();
            return true;
        }

        public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) => inner.WaitToReadAsync(cancellationToken);
    }
}
