// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace FenceKit.Remote;

/// <summary>
/// Requests an invalidation from the owner of a domain, in any process: the process that has changed the data waits until no node serves
/// the previous contents.
/// </summary>
/// <remarks>
/// <code>
/// await using RemoteInvalidationRequester requester = new(transport, "orders");
/// database.Write(order);
/// RemoteInvalidationResult result = await requester.InvalidateAsync(KeySpace.RangeOf("orders", id), TimeSpan.FromSeconds(30));
/// if (!result.IsCompleted) log.Pending(result.Pending);   // the change is written, and these nodes may still serve the old value
/// </code>
/// <para>In the owner's process a <see cref="RemoteInvalidationResponder"/> answers. A lost request is sent again. A request that arrives
/// twice, or is answered by the successor of an owner that died meanwhile, invalidates once more, which is harmless. The requesting process
/// needs no lease.</para>
/// <para>Write first, then request: the invalidation begins after the call, so a node that reads again gets the change. If no reader may
/// see the change before the last copy is gone, write inside a session of the owner's notifier instead.</para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class RemoteInvalidationRequester : IAsyncDisposable
{
    private static readonly TimeSpan s_firstRepeat = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan s_longestRepeat = TimeSpan.FromMilliseconds(500);

    private readonly RemoteChannels _channels;
    private readonly RemoteLink _link;
    private readonly TimeProvider _clock;
    private readonly UInt128 _requester;
    private readonly ConcurrentDictionary<ulong, Attempt> _attempts = new();
    private readonly CancellationTokenSource _stop = new();
    private ulong _lastNumber; // starts at a random number, so that recorded answers to an earlier process do not match
    private int _isDisposed;

    /// <summary>Connects to a domain.</summary>
    /// <param name="transport">The transport to the owner. The caller keeps and disposes it; it may be disconnected.</param>
    /// <param name="domain">The name of the domain, the same for all its parties.</param>
    /// <param name="timeProvider">The clock for budgets and repetitions; null for that of the system.</param>
    /// <exception cref="ArgumentException"><paramref name="domain"/> is empty.</exception>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public RemoteInvalidationRequester(IInvalidationTransport transport, string domain, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(transport);
        _channels = new RemoteChannels(domain);
        Domain = domain;
        _clock = timeProvider ?? TimeProvider.System;
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<UInt128>(ref _requester)));
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<ulong>(ref _lastNumber)));
        _link = new RemoteLink(transport, _clock);
        _link.Listen(_channels.OfRequester(_requester), Receive);
    }

    /// <summary>Gets the name of the domain.</summary>
    public string Domain { get; }

    /// <summary>Requests an invalidation, and waits until it has completed everywhere.</summary>
    /// <param name="range">The range to invalidate, for example <c>KeySpace.RangeOf("orders", "42")</c>.</param>
    /// <param name="budget">
    /// How long to wait altogether, at most ten minutes. Zero sends the request without waiting for the answer.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. An invalidation that has begun continues until its budget is over.</param>
    /// <returns>The outcome, and the names of the nodes that are waited for.</returns>
    /// <remarks>Does not block. Allocates.</remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative or longer than ten minutes.</exception>
    /// <exception cref="ObjectDisposedException">The requester is disposed, before or during the call.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    public async ValueTask<RemoteInvalidationResult> InvalidateAsync(
        AddressRange range, TimeSpan budget, CancellationToken cancellationToken = default)
    {
        if (range.IsEmpty)
        {
            throw new ArgumentException("An empty range names nothing.", nameof(range));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(budget, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(budget, RemoteInvalidationResponder.LongestBudget);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        cancellationToken.ThrowIfCancellationRequested();
        ulong number = Interlocked.Increment(ref _lastNumber);
        Attempt attempt = new();
        _attempts[number] = attempt;
        try
        {
            return await AskAsync(number, attempt, range, budget, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _attempts.TryRemove(number, out _);
        }
    }

    /// <summary>Stops sending requests; waiting callers get an exception.</summary>
    /// <returns>A task that ends when nothing is received any more.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
        }

        await _link.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Describes the requester, for people.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => $"requester of {Domain}: {_attempts.Count} requests under way";

    private async Task<RemoteInvalidationResult> AskAsync(
        ulong number, Attempt attempt, AddressRange range, TimeSpan budget, CancellationToken cancellationToken)
    {
        long started = _clock.GetTimestamp();
        TimeSpan repeat = s_firstRepeat;
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        while (true)
        {
            TimeSpan left = budget - _clock.GetElapsedTime(started);
            Send(number, left > TimeSpan.Zero ? left : TimeSpan.Zero, range);
            TimeSpan pause = repeat < left / 2 ? repeat : left > TimeSpan.Zero ? left : TimeSpan.Zero;
            try
            {
                return await attempt.Result.Task.WaitAsync(pause, _clock, either.Token).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // The request was lost, or is not done yet.
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new ObjectDisposedException(ToString());
            }

            if (_clock.GetElapsedTime(started) >= budget)
            {
                return new RemoteInvalidationResult(InvalidationOutcome.Pending, Named(attempt.Pending));
            }

            repeat = repeat * 2 < s_longestRepeat ? repeat * 2 : s_longestRepeat;
        }
    }

    /// <summary>The names that are waited for. If the owner has not named any yet, this is the owner itself.</summary>
    private string[] Named(string[]? pending) => pending is { Length: > 0 } ? pending : [$"owner of {Domain}"];

    private void Send(ulong number, TimeSpan budget, AddressRange range)
    {
        Span<byte> message = stackalloc byte[RequestMessage.MaxLength];
        _link.Send(_channels.Requests, message[..RequestMessage.WriteRequest(message, _channels.Domain, _requester, number, budget, range)]);
    }

    private void Receive(ReadOnlySpan<byte> bytes)
    {
        if (!RequestMessage.TryRead(bytes, _channels.Domain, out RequestMessage message)
            || message.Requester != _requester
            || !_attempts.TryGetValue(message.Number, out Attempt? attempt))
        {
            return;
        }

        switch (message.Kind)
        {
            case RequestMessageKind.Completed:
                attempt.Result.TrySetResult(new RemoteInvalidationResult(InvalidationOutcome.Completed, []));
                break;
            case RequestMessageKind.Pending:
                attempt.Result.TrySetResult(new RemoteInvalidationResult(InvalidationOutcome.Pending, Named(message.GetNames())));
                break;
            case RequestMessageKind.Faulted:
                attempt.Result.TrySetResult(new RemoteInvalidationResult(InvalidationOutcome.Faulted, message.GetNames()));
                break;
            case RequestMessageKind.Working:
                attempt.Pending = message.GetNames();
                break;
            default:
                break; // sent by a requester
        }
    }

    private sealed class Attempt
    {
        private string[]? _pending;

        internal TaskCompletionSource<RemoteInvalidationResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The names that the owner reported last; null before the first report.</summary>
        internal string[]? Pending
        {
            get => Volatile.Read(ref _pending);
            set => Volatile.Write(ref _pending, value);
        }
    }
}
