// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FenceKit.Remote.Caching;

/// <summary>What this process is in a domain: a node with its notifier and cache, and the owner too where the options say so. Made and ended by the host.</summary>
/// <remarks><b>Thread safety</b>: every member may be called from any thread at any time.</remarks>
[DebuggerDisplay("{Node}")]
public sealed class RemoteDomain : IAsyncDisposable, IDisposable
{
    private readonly ILogger _log;
    private readonly Channel<LeaseLostEventArgs> _losses = Channel.CreateBounded<LeaseLostEventArgs>(
        new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly RemoteInvalidationResponder? _responder;
    private readonly Task _watching;
    private readonly Lock _gate = new();
    private Task? _disposing;           // under the gate
    private long _unleasedSince;        // long.MaxValue while there is a lease, as far as it was noticed

    /// <summary>Joins the domain, and takes it over where the options say so. Waits for nobody.</summary>
    /// <param name="options">The options, which are right.</param>
    /// <param name="transport">The way to the others.</param>
    /// <param name="loggers">Where to log; null for nowhere.</param>
    public RemoteDomain(IOptions<FenceKitRemoteOptions> options, IInvalidationTransport transport, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(transport);
        _log = (loggers ?? NullLoggerFactory.Instance).CreateLogger(RemoteMessages.Category);
        FenceKitRemoteOptions settings = Settings = options.Value;
        Transport = transport;
        _unleasedSince = Stopwatch.GetTimestamp();
        Notifier = new InvalidationNotifier(settings.Domain);
        Node = new RemoteInvalidationNode(Notifier, KeySpace.All, transport, settings.Domain, settings.ToNodeOptions());
        Node.LeaseLost += (_, lost) =>
        {
            Volatile.Write(ref _unleasedSince, Stopwatch.GetTimestamp());
            _losses.Writer.TryWrite(lost); // loggers wait for whatever they like, and this thread must not
        };
        Requester = new RemoteInvalidationRequester(transport, settings.Domain);
        Cache = new RemoteHybridCache(Notifier, Node, Requester, settings.ToCacheOptions()) { Removed = OnRemoved };
        if (settings.IsOwner)
        {
            OwnerNotifier = new InvalidationNotifier($"{settings.Domain} (owner)");
            Owner = new RemoteInvalidationOwner(OwnerNotifier, KeySpace.All, transport, settings.Domain, settings.ToOwnerOptions());
            _responder = new RemoteInvalidationResponder(OwnerNotifier, KeySpace.All, transport, settings.Domain);
            _log.OwnerStarted(settings.Domain, settings.Lease, Owner.IsInGrace);
        }

        _log.NodeStarted(settings.Domain, settings.NodeName);
        _watching = Task.Run(WatchAsync);
    }

    /// <summary>Gets the notifier of this process, to which others than the cache may subscribe too.</summary>
    public InvalidationNotifier Notifier { get; }

    /// <summary>Gets the node.</summary>
    public RemoteInvalidationNode Node { get; }

    /// <summary>Gets the cache; it is what is registered as <c>HybridCache</c>.</summary>
    public RemoteHybridCache Cache { get; }

    /// <summary>Gets whom the owner is asked by.</summary>
    public RemoteInvalidationRequester Requester { get; }

    /// <summary>Gets the owner; null in all processes but one.</summary>
    public RemoteInvalidationOwner? Owner { get; }

    /// <summary>Gets the notifier of the owner, for sessions of one's own that write before they commit; null in all processes but one.</summary>
    public InvalidationNotifier? OwnerNotifier { get; }

    internal FenceKitRemoteOptions Settings { get; }

    internal IInvalidationTransport Transport { get; }

    /// <summary>How long there has been no lease; zero while there is one.</summary>
    internal TimeSpan UnleasedFor
    {
        get
        {
            long since = Volatile.Read(ref _unleasedSince); // pairs with the writes in WatchAsync and the handler of LeaseLost
            return since == long.MaxValue || Node.IsLeased ? TimeSpan.Zero : Stopwatch.GetElapsedTime(since);
        }
    }

    /// <summary>Leaves the domain: the node says so, so nobody waits for the end of its lease; the owner gives the domain up. A second call waits for the first.</summary>
    /// <returns>A task that ends when nothing is sent or received any more.</returns>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            return new ValueTask(_disposing ??= Task.Run(LeaveAsync));
        }
    }

    /// <summary>As <see cref="DisposeAsync"/>, and blocks until it is done. Hosts and containers that can, do not call it.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task LeaveAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Node.DisposeAsync().ConfigureAwait(false);
        Cache.Dispose();
        await Requester.DisposeAsync().ConfigureAwait(false);
        if (_responder is not null)
        {
            await _responder.DisposeAsync().ConfigureAwait(false);
        }

        if (Owner is not null)
        {
            await Owner.DisposeAsync().ConfigureAwait(false);
        }

        await _watching.ConfigureAwait(false);
        Notifier.Dispose();
        OwnerNotifier?.Dispose();
        _stop.Dispose();
        _log.Left(Settings.Domain);
    }

    private async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                await Node.WaitForLeaseAsync(Timeout.InfiniteTimeSpan, _stop.Token).ConfigureAwait(false);
                Volatile.Write(ref _unleasedSince, long.MaxValue);
                _log.LeaseGained(Settings.Domain, Node.GetStatistics().Incarnation);
                LeaseLostEventArgs lost = await _losses.Reader.ReadAsync(_stop.Token).ConfigureAwait(false);
                _log.LeaseLost(Settings.Domain, lost.Incarnation, lost.Reason);
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private void OnRemoved(AddressRange range, RemoteInvalidationResult result)
    {
        if (!result.IsCompleted && _log.IsEnabled(LogLevel.Warning))
        {
            _log.RemovalPending(Settings.Domain, result.Outcome, string.Join(", ", result.Pending));
        }
    }
}
