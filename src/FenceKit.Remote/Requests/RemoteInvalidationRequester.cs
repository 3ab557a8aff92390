// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace FenceKit.Remote;

/// <summary>
/// Asks the owner of a domain for an invalidation, from any process: the process that has changed the data waits until no node serves what it had before.
/// </summary>
/// <remarks>
/// <code>
/// await using RemoteInvalidationRequester requester = new(transport, "orders");
/// database.Write(order);
/// RemoteInvalidationResult result = await requester.InvalidateAsync(KeySpace.RangeOf("orders", id), TimeSpan.FromSeconds(30));
/// if (!result.IsCompleted) log.Pending(result.Pending);   // the change is written, and these nodes may still serve the old value
/// </code>
/// <para>In the process of the owner a <see cref="RemoteInvalidationResponder"/> answers. A request that is lost is sent again; one that arrives twice, or is answered
/// by the successor of an owner that died over it, invalidates once more, which harms nobody. The process that asks needs no lease.</para>
/// <para>Write first, then ask: the invalidation begins after the call, so what a node reads anew has the change. Who must have no reader see the change before the
/// last copy is gone writes inside a session of the owner's notifier instead.</para>
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
    private ulong _lastNumber; // begins at random: what was recorded of an earlier process answers nothing of this one
    private int _isDisposed;

    /// <summary>Connects to a domain.</summary>
    /// <param name="transport">The way to the owner; it stays the caller's, and may be away.</param>
    /// <param name="domain">The name of the domain, the same for all its parties.</param>
    /// <param name="timeProvider">The clock of budgets and repeats; null for that of the system.</param>
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

    /// <summary>Asks for an invalidation, and waits until it has completed everywhere.</summary>
    /// <param name="range">What goes away, for instance <c>KeySpace.RangeOf("orders", "42")</c>.</param>
    /// <param name="budget">How long to wait altogether, at most ten minutes. Zero asks without waiting for the answer.</param>
    /// <param name="cancellationToken">Ends the wait. What was begun goes on until its budget is over.</param>
    /// <returns>What has become of it, and who is waited for.</returns>
    /// <remarks>Does not block. Allocates.</remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative or longer than ten minutes.</exception>
    /// <exception cref="ObjectDisposedException">The requester is disposed, perhaps meanwhile.</exception>
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

    /// <summary>Asks nothing any more; who waits for an answer hears that.</summary>
    /// <returns>A task that ends when nothing is received any more.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
        }

        await _link.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Who asks, for people.</summary>
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
                // Lost, or not done yet.
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

    /// <summary>An owner that has answered, but has nobody to name yet, is waited for itself.</summary>
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
                break; // what requesters say
        }
    }

    private sealed class Attempt
    {
        private string[]? _pending;

        internal TaskCompletionSource<RemoteInvalidationResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Who was waited for when the owner last said so; null before.</summary>
        internal string[]? Pending
        {
            get => Volatile.Read(ref _pending);
            set => Volatile.Write(ref _pending, value);
        }
    }
}
