// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Remote;

/// <summary>
/// Carries out the requests of <see cref="RemoteInvalidationRequester"/>s in the process of a domain's owner: each request is a session of
/// the notifier.
/// </summary>
/// <remarks>
/// <code>
/// await using RemoteInvalidationOwner owner = new(notifier, KeySpace.All, transport, "orders");
/// await using RemoteInvalidationResponder responder = new(notifier, KeySpace.All, transport, "orders");
/// </code>
/// <para>Create it after the owner: earlier sessions would wait for no node. Requests are carried out concurrently; two over the same range
/// one after the other.</para>
/// <para>Every process that can write to the channel can send requests, and so make nodes drop their copies.</para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class RemoteInvalidationResponder : IAsyncDisposable
{
    /// <summary>The longest budget that a request may have: ten minutes.</summary>
    internal static readonly TimeSpan LongestBudget = TimeSpan.FromMinutes(10);

    private const int MostRequests = 1024;     // at the same time; further ones are ignored, and sent again
    private const int RememberedAnswers = 1024; // so that a repeated request is answered, not carried out again

    private readonly UninterruptedGate _gate = new(); // held for a few instructions
    private readonly InvalidationNotifier _notifier;
    private readonly AddressRange _range;
    private readonly RemoteChannels _channels;
    private readonly RemoteLink _link;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<(UInt128 Requester, ulong Number), RequestedInvalidation> _requests = []; // under the gate, like all that follows
    private readonly Queue<RequestedInvalidation> _answered = new();
    private readonly HashSet<Task> _running = [];
    private bool _isDisposed;
    private long _completed;
    private long _rejected;

    /// <summary>Starts to listen for requests.</summary>
    /// <param name="notifier">The notifier of the domain's owner.</param>
    /// <param name="range">The range that may be requested, for example <see cref="KeySpace.All"/>; requests are clipped to it.</param>
    /// <param name="transport">The transport to the requesters. The caller keeps and disposes it; it may be disconnected.</param>
    /// <param name="domain">The name of the domain, the same for all its parties.</param>
    /// <param name="timeProvider">The clock for budgets; null for that of the system.</param>
    /// <exception cref="ArgumentException"><paramref name="range"/> or <paramref name="domain"/> is empty.</exception>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public RemoteInvalidationResponder(
        InvalidationNotifier notifier, AddressRange range, IInvalidationTransport transport, string domain, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(notifier);
        ArgumentNullException.ThrowIfNull(transport);
        if (range.IsEmpty)
        {
            throw new ArgumentException("An empty range names nothing.", nameof(range));
        }

        _notifier = notifier;
        _range = range;
        _channels = new RemoteChannels(domain);
        Domain = domain;
        _clock = timeProvider ?? TimeProvider.System;
        _link = new RemoteLink(transport, _clock);
        _link.Listen(_channels.Requests, Receive);
    }

    /// <summary>Gets the name of the domain.</summary>
    public string Domain { get; }

    /// <summary>Gets the number of completed requests.</summary>
    public long Completed => Volatile.Read(ref _completed);

    /// <summary>Gets the number of messages that were invalid or arrived when there was no room.</summary>
    public long Rejected => Volatile.Read(ref _rejected);

    /// <summary>Stops. Requests in progress are backed off and not answered: a successor will get them.</summary>
    /// <returns>A task that ends when nothing is received any more and no session of this object is open.</returns>
    public async ValueTask DisposeAsync()
    {
        Task[] running;
        using (_gate.Enter())
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            running = [.. _running];
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(running).ConfigureAwait(false);
        await _link.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Describes the responder, for people.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => $"responder of {Domain}: {Completed} requests completed";

    private void Receive(ReadOnlySpan<byte> bytes)
    {
        if (!RequestMessage.TryRead(bytes, _channels.Domain, out RequestMessage message) || message.Kind != RequestMessageKind.Request)
        {
            Interlocked.Increment(ref _rejected);
            return;
        }

        RequestedInvalidation? request;
        using (_gate.Enter())
        {
            if (_isDisposed)
            {
                return;
            }

            if (!_requests.TryGetValue((message.Requester, message.Number), out request))
            {
                Begin(in message);
                return;
            }
        }

        Answer(request); // a repeated request: the answer was lost, or there is none yet
    }

    /// <summary>Under the gate.</summary>
    private void Begin(in RequestMessage message)
    {
        AddressRange range = message.Range.Intersect(_range);
        if (range.IsEmpty || _running.Count >= MostRequests)
        {
            Interlocked.Increment(ref _rejected);
            return;
        }

        TimeSpan budget = message.Budget < LongestBudget ? message.Budget : LongestBudget;
        RequestedInvalidation request = new(message.Requester, message.Number, range, budget, RemoteInvalidationOwner.RosterOf(Domain), Answer);
        _requests.Add((request.Requester, request.Number), request);
        Task task;
        using (ExecutionContext.SuppressFlow())
        {
            task = Task.Run(() => CarryOutAsync(request), CancellationToken.None);
        }

        _running.Add(task);
        _ = task.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private async Task CarryOutAsync(RequestedInvalidation request)
    {
        try
        {
            await request.RunAsync(_notifier, _clock, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            using (_gate.Enter())
            {
                _requests.Remove((request.Requester, request.Number));
            }

            return; // this owner is disposed: its successor will get the request
        }
#pragma warning disable CA1031 // Any failure is reported to the requester and does not affect the other requests.
        catch (Exception error)
#pragma warning restore CA1031
        {
            request.Fail(error);
        }

        if (request.State == RequestMessageKind.Completed)
        {
            Interlocked.Increment(ref _completed);
        }

        Answer(request);
        using (_gate.Enter())
        {
            _answered.Enqueue(request);
            if (_answered.Count > RememberedAnswers)
            {
                RequestedInvalidation oldest = _answered.Dequeue();
                _requests.Remove((oldest.Requester, oldest.Number));
            }
        }
    }

    private void Forget(Task task)
    {
        using (_gate.Enter())
        {
            _running.Remove(task);
        }
    }

    private void Answer(RequestedInvalidation request)
    {
        Span<byte> message = stackalloc byte[RequestMessage.MaxLength];
        int length = RequestMessage.WriteAnswer(
            message, request.State, _channels.Domain, request.Requester, request.Number, request.State == RequestMessageKind.Completed ? [] : request.Pending);
        _link.Send(_channels.OfRequester(request.Requester), message[..length]);
    }
}
