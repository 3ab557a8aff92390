// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Security.Cryptography;

namespace FenceKit.Remote;

/// <summary>
/// The party of a domain that invalidates. Every node of the domain takes part in the sessions of a notifier like a subscriber: its fence
/// signals when the node has acknowledged, <b>or when its lease has run out</b>, whichever comes first.
/// </summary>
/// <remarks>
/// <code>
/// await using RemoteInvalidationOwner owner = new(notifier, KeySpace.All, transport, "orders");
/// if (notifier.TrySchedule(KeySpace.RangeOf("order/42"), InvalidationReason.Discard, out InvalidationSession session))
///     using (session)
///         if (await session.WaitAsync(budget) == InvalidationOutcome.Completed)
///         {
///             database.Write(order);      // no node serves the old value any more, and none caches a new one yet
///             session.Commit();           // now they may
///         }
/// </code>
/// <para>A session completes after at most a quarter of the lease plus the lease with its drift, whatever happens to nodes and network, but
/// after the start of the owner not before its <see cref="RemoteOwnerOptions.Grace"/> is over.
/// <see cref="InvalidationSession.CopyPending"/> names the nodes that it waits for.</para>
/// <para><b>A domain must have one owner at a time</b>; this type does not ensure that. Create it before the first session of the
/// notifier.</para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time. It sends and receives on the thread pool and on threads of the transport.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed partial class RemoteInvalidationOwner : IAsyncDisposable
{
    private readonly UninterruptedGate _gate = new(); // held for a few instructions; no foreign code runs under it
    private readonly InvalidationNotifier _notifier;
    private readonly AddressRange _range;
    private readonly RemoteOwnerOptions _options;
    private readonly RemoteChannels _channels;
    private readonly RemoteLink _link;
    private readonly RemotePump _pump;
    private readonly LeaseTime _time;
    private readonly long _promise;      // how long a node may rely on a lease, by this clock
    private readonly long _silenceLimit; // the lease of a node that has been silent for longer is not renewed
    private readonly long _repeatInterval;
    private readonly ulong _epoch;
    private readonly OpenInvalidation[] _open;
    private readonly FencePool _sessionFences;
    private readonly Queue<FenceSource> _answered; // to be signaled outside the gate; has its maximum capacity from the start
    private readonly FenceTimeline _grace;
    private readonly long _graceEnds;
    private readonly InvalidationSubscription _rosterSubscription;
    private readonly InvalidationSubscription _graceSubscription;
    private readonly Dictionary<UInt128, RemoteMember> _members = [];
    private readonly Dictionary<UInt128, RemoteMember>.ValueCollection _all; // created in advance, because a schedule must not allocate
    private ulong _lastMembership;
    private ulong _lastNumber;
    private bool _isInGrace = true;
    private bool _isDisposed;
    private long _acknowledged;
    private long _expired;
    private long _replaced;
    private long _grants;
    private long _withheld;
    private long _expelled;
    private long _repeats;
    private long _full;
    private long _rejected;

    /// <summary>Takes over a domain: from now on its nodes take part in sessions.</summary>
    /// <param name="notifier">The notifier in whose sessions the nodes take part.</param>
    /// <param name="range">The range of the nodes' copies, for example <see cref="KeySpace.All"/>.</param>
    /// <param name="transport">The transport to the nodes. The caller keeps and disposes it; it may be disconnected.</param>
    /// <param name="domain">The name of the domain, the same for all its parties.</param>
    /// <param name="options">Lease, sizes and clock; null for the defaults.</param>
    /// <remarks>Allocates what sessions will need. Does not wait.</remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> or <paramref name="domain"/> is empty.</exception>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    public RemoteInvalidationOwner(
        InvalidationNotifier notifier, AddressRange range, IInvalidationTransport transport, string domain, RemoteOwnerOptions? options = null)
        : this(notifier, range, transport, domain, options, isStepped: false)
    {
    }

    internal RemoteInvalidationOwner(
        InvalidationNotifier notifier, AddressRange range, IInvalidationTransport transport, string domain, RemoteOwnerOptions? options, bool isStepped)
    {
        ArgumentNullException.ThrowIfNull(notifier);
        ArgumentNullException.ThrowIfNull(transport);
        _options = options ?? new RemoteOwnerOptions();
        _options.Validate();
        _notifier = notifier;
        _range = range;
        _channels = new RemoteChannels(domain);
        Domain = domain;
        _all = _members.Values;
        _time = new LeaseTime(_options.TimeProvider, LeaseClock.Monotonic);
        _promise = _time.Ceiling(_options.LongestPromise);
        _silenceLimit = _time.Floor(_options.Lease / 4);
        _repeatInterval = _time.Floor(_options.RepeatInterval);
        _epoch = NextRandom();
        _open = [.. Enumerable.Range(0, _options.SessionCapacity).Select(index => new OpenInvalidation(index))];
        _ended = new Queue<(ulong, bool)>(_options.SessionCapacity);
        _outbox = new Outgoing[Math.Max(256, _options.NodeCapacity)];
        _answered = new Queue<FenceSource>(_options.SessionCapacity * (_options.NodeCapacity + 1));
        FenceTimelineOptions fences = new() { TimeProvider = _options.TimeProvider };
        // Twice as many, for the same reason as in RemoteMember.
        _sessionFences = new FencePool($"nodes of {domain}", _options.SessionCapacity * 2, fences);
        _grace = new FenceTimeline($"grace of {domain}", fences);
        _graceEnds = _time.Now + _time.Ceiling(_options.Grace ?? _options.LongestPromise);
        _graceSubscription = notifier.Subscribe(range, new GraceSubscriber(_grace.Issue()), $"grace of {domain}");
        _rosterSubscription = notifier.Subscribe(range, new Roster(this), RosterOf(domain));
        _pump = new RemotePump(Pump, _options.TimeProvider, isStepped);
        _link = new RemoteLink(transport, _options.TimeProvider);
        EndGrace();
        _link.Listen(_channels.Owner, Receive);
        _pump.Wake();
    }

    /// <summary>Gets the name of the domain.</summary>
    public string Domain { get; }

    /// <summary>Gets whether the owner is in its grace period: sessions wait because a predecessor may have granted leases.</summary>
    public bool IsInGrace
    {
        get
        {
            using (_gate.Enter())
            {
                return _isInGrace;
            }
        }
    }

    /// <summary>Lists the nodes that have a lease or may believe that they do.</summary>
    /// <param name="destination">Where to write; may be shorter than the list.</param>
    /// <returns>How many there are, written or not.</returns>
    /// <remarks>Blocks for a few instructions, never allocates.</remarks>
    public int CopyNodes(Span<RemoteNodeInfo> destination)
    {
        using (_gate.Enter())
        {
            long now = _time.Now;
            int written = 0;
            foreach (RemoteMember member in _all)
            {
                if (written < destination.Length)
                {
                    TimeSpan left = _time.Span(Math.Max(0, member.Until - now));
                    destination[written++] = new RemoteNodeInfo(member.Name, member.Incarnation, left, member.Unanswered);
                }
            }

            return _members.Count;
        }
    }

    /// <summary>Reads all counters at one moment.</summary>
    /// <returns>The counters.</returns>
    /// <remarks>Blocks for a few instructions, never allocates.</remarks>
    public RemoteOwnerStatistics GetStatistics()
    {
        using (_gate.Enter())
        {
            int open = 0;
            foreach (OpenInvalidation invalidation in _open)
            {
                open += invalidation.IsTaken ? 1 : 0;
            }

            return new RemoteOwnerStatistics(
                _members.Count, open, _acknowledged, _expired, _replaced, _grants, _withheld, _expelled, _repeats, _full, _rejected, _link.Faults);
        }
    }

    /// <summary>Gives up the domain. Sessions that still wait for a node fault, because its answer could no longer be received.</summary>
    /// <returns>A task that ends when nothing is sent or received any more.</returns>
    /// <remarks>Nodes keep their copies until their leases run out, or a successor tells them to drop everything.</remarks>
    public async ValueTask DisposeAsync()
    {
        RemoteMember[] members;
        using (_gate.Enter())
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            members = [.. _all];
            _members.Clear();
        }

        _pump.Dispose();
        await _link.DisposeAsync().ConfigureAwait(false);
        await _rosterSubscription.DisposeAsync().ConfigureAwait(false);
        await _graceSubscription.DisposeAsync().ConfigureAwait(false);
        foreach (RemoteMember member in members)
        {
            await CloseAsync(member).ConfigureAwait(false);
            member.Dispose();
        }

        _grace.Dispose();
        _sessionFences.Dispose();
    }

    /// <summary>Describes the owner and the number of its nodes, for people.</summary>
    /// <returns>One line.</returns>
    public override string ToString()
    {
        RemoteOwnerStatistics statistics = GetStatistics();
        return $"owner of {Domain}: {statistics.Nodes} nodes, {statistics.Open} ranges open{(IsInGrace ? ", in grace" : "")}";
    }

    /// <summary>The name of all nodes together in lists of holders.</summary>
    internal static string RosterOf(string domain) => $"nodes of {domain}";

    /// <summary>Returns a random number other than zero, which means none.</summary>
    private static ulong NextRandom()
    {
        Span<byte> bytes = stackalloc byte[8];
        RandomNumberGenerator.Fill(bytes);
        return BitConverter.ToUInt64(bytes) | 1;
    }

    private static async ValueTask CloseAsync(RemoteMember member)
    {
        if (member.Nameplate is { } nameplate)
        {
            await nameplate.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Signals the fences of received answers. Called outside the gate: waiters may run on this thread.</summary>
    private void SignalAnswered()
    {
        while (true)
        {
            FenceSource source;
            using (_gate.Enter())
            {
                if (!_answered.TryDequeue(out source))
                {
                    return;
                }
            }

            source.TrySignal();
        }
    }
}
