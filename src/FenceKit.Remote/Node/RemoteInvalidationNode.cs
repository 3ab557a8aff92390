// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace FenceKit.Remote;

/// <summary>
/// The party of a domain that keeps copies. For each invalidation of the owner it runs a session of this process's own notifier, so that
/// gates, devices and caches take part unchanged; when that session has completed, it acknowledges to the owner.
/// </summary>
/// <remarks>
/// <code>
/// await using RemoteInvalidationNode node = new(notifier, KeySpace.All, transport, "orders");
/// AddressRange range = KeySpace.RangeOf("order/42");
/// if (node.TryEnter(range, out LeasedScope scope))            // under a lease, and nobody invalidates the range
///     using (scope)
///         if (cache.TryGetValue("order/42", out order))
///             return order;
/// if (!cached.TryBeginRead(range, out InvalidationSequence sequence))
///     return database.Read("order/42");                       // closed just now: served, but not kept
/// order = database.Read("order/42");
/// if (cached.TryPopulate(sequence, out PopulateScope publishing))
///     using (publishing)
///         cache["order/42"] = order;
/// return order;
/// </code>
/// <para>Here <c>cached</c> is the cache's own subscription to the notifier. <b>Code that serves copies calls <see cref="TryEnter"/> for
/// each read</b>, or at least <see cref="IsLeased"/>: a process that was stopped for longer than its lease then checks the clock first.
/// Another gate also closes when the lease is lost, but only when this process runs again.</para>
/// <para>Without a lease the whole range is being invalidated in this process: from the construction until the owner grants the first
/// lease, and from the loss of a lease, when everything is dropped, until the next one. Mappings that were being built across such a time
/// are not published.</para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time. Subscribers are called on the thread pool.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed partial class RemoteInvalidationNode : IAsyncDisposable
{
    private readonly InvalidationNotifier _notifier;
    private readonly AddressRange _range;
    private readonly RemoteNodeOptions _options;
    private readonly RemoteChannels _channels;
    private readonly RemoteLink _link;
    private readonly RemotePump _pump;
    private readonly LeaseTime _time;
    private readonly ReaderGate _readers;
    private readonly UInt128 _node;
    private readonly byte[] _name;
    private readonly bool _isStepped;
    private long _until; // the end of the lease by the node's clock; 0 without one. Written by the pump

    /// <summary>Joins a domain as soon as its owner answers.</summary>
    /// <param name="notifier">The notifier of this process, to which all users of copies subscribe.</param>
    /// <param name="range">The range of the copies, for example <see cref="KeySpace.All"/>.</param>
    /// <param name="transport">The transport to the owner. The caller keeps and disposes it; it may be disconnected.</param>
    /// <param name="domain">The name of the domain, the same for all its parties.</param>
    /// <param name="options">Name, clock and bounds; null for the defaults.</param>
    /// <remarks>Does not wait. Until <see cref="IsLeased"/> is true, no range can be entered and no mapping published.</remarks>
    /// <exception cref="ArgumentException">
    /// <paramref name="range"/> or <paramref name="domain"/> is empty, or the name is invalid.
    /// </exception>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    /// <exception cref="PlatformNotSupportedException">The operating system does not have the clock of the options.</exception>
    public RemoteInvalidationNode(
        InvalidationNotifier notifier, AddressRange range, IInvalidationTransport transport, string domain, RemoteNodeOptions? options = null)
        : this(notifier, range, transport, domain, options, isStepped: false)
    {
    }

    internal RemoteInvalidationNode(
        InvalidationNotifier notifier, AddressRange range, IInvalidationTransport transport, string domain, RemoteNodeOptions? options, bool isStepped)
    {
        ArgumentNullException.ThrowIfNull(notifier);
        ArgumentNullException.ThrowIfNull(transport);
        _options = options ?? new RemoteNodeOptions();
        _options.Validate();
        _notifier = notifier;
        _range = range;
        _channels = new RemoteChannels(domain);
        _isStepped = isStepped;
        Domain = domain;
        _time = new LeaseTime(_options.TimeProvider, _options.Clock);
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<UInt128>(ref _node)));
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<ulong>(ref _lastRequest)));
        _name = Encoding.UTF8.GetBytes(_options.Name);
        _readers = new ReaderGate(notifier, range, $"readers of {domain}");
        _pump = new RemotePump(Pump, _options.TimeProvider, isStepped);
        _drop = new LocalInvalidation(notifier, _pump, range, InvalidationReason.Discard);
        _link = new RemoteLink(transport, _options.TimeProvider);
        _link.Listen(_channels.OfNode(_node), Receive);
        _pump.Wake();
    }

    /// <summary>Raised when the lease was lost. By then all copies are being dropped; correctness does not depend on this event.</summary>
    /// <remarks>Raised on a thread of the pool. Exceptions are swallowed.</remarks>
    public event EventHandler<LeaseLostEventArgs>? LeaseLost;

    /// <summary>Gets the name of the domain.</summary>
    public string Domain { get; }

    /// <summary>Gets whether copies may be served now.</summary>
    /// <remarks>One read of the clock and one comparison. Never blocks, never allocates.</remarks>
    public bool IsLeased
    {
        // Acquire: pairs with the release in Grant, which comes before the range opens, and with that in Lose.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _time.Now < Volatile.Read(ref _until);
    }

    /// <summary>Gets the remaining time of the lease; zero without one.</summary>
    public TimeSpan LeaseLeft => _time.Span(Math.Max(0, Volatile.Read(ref _until) - _time.Now));

    /// <summary>Enters to read copies, if the node has a lease and the range is not being invalidated.</summary>
    /// <param name="range">The range that will be read; within the range of the node.</param>
    /// <param name="scope">
    /// The scope; dispose it on this thread, or call <see cref="LeasedScope.Leave"/>. <c>default</c> when the result is false.
    /// </param>
    /// <returns>False when copies of the range may not be served: read the origin.</returns>
    /// <remarks>
    /// Like <see cref="ReaderGate.TryEnter(AddressRange, out ReaderScope)"/>, plus one read of the clock. Never parks. Allocates on the
    /// first use by a thread, otherwise nothing.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty or not within the node's.</exception>
    /// <exception cref="ObjectDisposedException">The node is disposed.</exception>
    public bool TryEnter(AddressRange range, out LeasedScope scope)
    {
        if (_readers.TryEnter(range, out ReaderScope entered))
        {
            // Enter first, then read the clock: a session that began earlier would not have let this reader in, and one that begins later
            // waits for it.
            if (IsLeased)
            {
                scope = new LeasedScope(this, entered);
                return true;
            }

            entered.Dispose();
        }

        scope = default;
        return false;
    }

    /// <summary>Waits until the node has a lease.</summary>
    /// <param name="budget">How long to wait altogether; zero only checks; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when the time ran out.</returns>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    /// <exception cref="ObjectDisposedException">The node is disposed, or its notifier.</exception>
    public async ValueTask<bool> WaitForLeaseAsync(TimeSpan budget, CancellationToken cancellationToken = default)
    {
        Task leased = Volatile.Read(ref _leased).Task; // pairs with the write in ForgetLease
        try
        {
            await leased.WaitAsync(budget, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return IsLeased;
        }
    }

    /// <summary>Reads all counters.</summary>
    /// <returns>The counters; each value was correct at some moment during the call.</returns>
    public RemoteNodeStatistics GetStatistics() => new(
        Volatile.Read(ref _incarnation),
        Volatile.Read(ref _openCount),
        Volatile.Read(ref _grants),
        Volatile.Read(ref _lost[(int)LeaseLossReason.Expired]),
        Volatile.Read(ref _lost[(int)LeaseLossReason.Expelled]),
        Volatile.Read(ref _lost[(int)LeaseLossReason.NewOwner]),
        Volatile.Read(ref _acknowledged),
        Volatile.Read(ref _rejected),
        _link.Faults);

    /// <summary>
    /// Leaves the domain: all copies are dropped, and if that is done within a second the owner is told, so that it need not wait for the
    /// end of the lease.
    /// </summary>
    /// <returns>
    /// A task that ends when nothing is sent or received any more. The range is open again in this process, without notification from then
    /// on.
    /// </returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isLeaving, 1) == 0)
        {
            _pump.Wake();
        }

        while (_isStepped && !_left.Task.IsCompleted)
        {
            Pump();
        }

        await _left.Task.ConfigureAwait(false);
        _pump.Dispose();
        await _link.DisposeAsync().ConfigureAwait(false);
        _readers.Dispose();
    }

    /// <summary>Describes the node and its lease, for people.</summary>
    /// <returns>One line.</returns>
    public override string ToString() =>
        $"node {(_options.Name.Length > 0 ? _options.Name : $"{_node:x32}")} of {Domain}, incarnation {Volatile.Read(ref _incarnation)}: " +
        (IsLeased ? $"leased for {LeaseLeft.TotalSeconds:0.0} s" : "no lease");
}
