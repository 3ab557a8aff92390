// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FenceKit.Remote.Caching;

/// <summary>
/// The part of this process in a domain: a node with its notifier and cache, and also the owner if the options say so. Created and disposed
/// by the host.
/// </summary>
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
    private long _unleasedSince;        // long.MaxValue while there is a lease, as far as observed

    /// <summary>Joins the domain, and takes it over if the options say so. Does not wait.</summary>
    /// <param name="options">The options, which have been validated.</param>
    /// <param name="transport">The transport to the other processes.</param>
    /// <param name="loggers">The loggers; null for none.</param>
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
            _losses.Writer.TryWrite(lost); // loggers may block, and this thread must not
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

    /// <summary>Gets the notifier of this process, to which other subscribers than the cache may be added.</summary>
    public InvalidationNotifier Notifier { get; }

    /// <summary>Gets the node.</summary>
    public RemoteInvalidationNode Node { get; }

    /// <summary>Gets the cache, which is registered as <c>HybridCache</c>.</summary>
    public RemoteHybridCache Cache { get; }

    /// <summary>Gets the requester, which sends requests to the owner.</summary>
    public RemoteInvalidationRequester Requester { get; }

    /// <summary>Gets the owner; null in every other process.</summary>
    public RemoteInvalidationOwner? Owner { get; }

    /// <summary>Gets the owner's notifier, for custom sessions that write before they commit; null in every other process.</summary>
    public InvalidationNotifier? OwnerNotifier { get; }

    internal FenceKitRemoteOptions Settings { get; }

    internal IInvalidationTransport Transport { get; }

    /// <summary>The time since the lease was lost; zero while there is one.</summary>
    internal TimeSpan UnleasedFor
    {
        get
        {
            long since = Volatile.Read(ref _unleasedSince); // pairs with the writes in WatchAsync and the handler of LeaseLost
            return since == long.MaxValue || Node.IsLeased ? TimeSpan.Zero : Stopwatch.GetElapsedTime(since);
        }
    }

    /// <summary>
    /// Leaves the domain: the node notifies the owner, so that no session waits for the end of its lease; an owner gives up the domain. A
    /// second call waits for the first.
    /// </summary>
    /// <returns>A task that ends when nothing is sent or received any more.</returns>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            return new ValueTask(_disposing ??= Task.Run(LeaveAsync));
        }
    }

    /// <summary>
    /// Like <see cref="DisposeAsync"/>, but blocks until it is done. Hosts and containers that support asynchronous disposal do not call
    /// it.
    /// </summary>
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
            // The domain is being disposed.
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
