// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>
/// An invalidation under way: phase A is over, phases B and C are the owner's. A struct handle over a pooled object; using it after its
/// end throws. It may cross an <c>await</c> and be used from several threads. Disposing it without <see cref="Commit"/> backs off.
/// </summary>
/// <remarks>
/// <code>
/// if (notifier.TrySchedule(range, InvalidationReason.Unmap, out InvalidationSession session))   // A: everybody starts to let go
///     using (session)
///     {
///         table.Park(range);                                                                      // B: meanwhile, your own work
///         if (session.Wait(budget) == InvalidationOutcome.Completed)                              // C: one wait for all
///         {
///             table.Free(range);
///             session.Commit();
///         }
///         else
///         {
///             table.Restore(range);                                                               // nothing is lost: try again later
///             session.BackOff();
///         }
///     }
/// </code>
/// Until the session ends, readers of the range wait, and nothing can be published into it.
/// </remarks>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public readonly partial struct InvalidationSession : IDisposable, IEquatable<InvalidationSession>
{
    private readonly InvalidationSessionState? _state;
    private readonly ulong _version;

    internal InvalidationSession(InvalidationSessionState state, ulong version)
    {
        _state = state;
        _version = version;
    }

    /// <summary>What is being invalidated; for a batch, everything from its first range to its last.</summary>
    /// <exception cref="InvalidOperationException">The session has ended.</exception>
    public AddressRange Range
    {
        get
        {
            InvalidationSessionState state = Enter();
            try
            {
                return state.Cover;
            }
            finally
            {
                state.Leave();
            }
        }
    }

    /// <summary>Whether the session has ended, or never was.</summary>
    public bool HasEnded => _state is null || !_state.IsOpen(_version);

    /// <summary>Looks, without waiting, whether everybody has let go.</summary>
    /// <returns>How far it is.</returns>
    /// <remarks>Never blocks, never allocates, changes nothing; may be called any number of times.</remarks>
    /// <exception cref="InvalidOperationException">The session has ended.</exception>
    public InvalidationOutcome TryWait()
    {
        InvalidationSessionState state = Enter();
        try
        {
            return state.Poll();
        }
        finally
        {
            state.Leave();
        }
    }

    /// <summary>Phase C: blocks until everybody has let go, the first has failed to, or the time is over.</summary>
    /// <param name="budget">One time for the whole set; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends this wait; the session stays as it is.</param>
    /// <returns>How far it is. May be called again.</returns>
    /// <remarks>
    /// Blocks the thread; allocates nothing in steady state. Takes as long as the slowest subscriber, not the sum; the first that fails
    /// ends it, whatever the order of subscribers, for then the session can no longer complete.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite.</exception>
    /// <exception cref="InvalidOperationException">
    /// The session has ended; or this thread is inside a <see cref="ReaderGate"/> whose readers the session waits for, so that it would wait for itself.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    public InvalidationOutcome Wait(TimeSpan budget, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(budget);
        InvalidationSessionState state = Enter();
        try
        {
            return FenceContract.IsChecked ? state.WaitChecked(budget, cancellationToken) : state.Wait(budget, cancellationToken);
        }
        finally
        {
            state.Leave();
        }
    }

    /// <summary>The twin of <see cref="Wait"/> that waits without a thread.</summary>
    /// <param name="budget">One time for the whole set; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends this wait; the session stays as it is.</param>
    /// <returns>How far it is. To be awaited once, like every ValueTask.</returns>
    /// <remarks>Allocates nothing in steady state.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or beyond about 49 days.</exception>
    /// <exception cref="InvalidOperationException">As in <see cref="Wait"/>: also this wait would end only after this thread has left the gate.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    public ValueTask<InvalidationOutcome> WaitAsync(TimeSpan budget, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(budget);
        FenceThrow.IfBeyondTimers(budget);
        InvalidationSessionState state = Enter();
        if (FenceContract.IsChecked)
        {
            state.AnnounceWaitAsync(budget);
        }

        return state.WaitAsync(budget, cancellationToken);
    }

    /// <summary>Lists who keeps the session from completing: fences that are pending or have faulted, and subscribers that threw.</summary>
    /// <param name="destination">Where to write; may be shorter than the list.</param>
    /// <returns>How many there are, written or not.</returns>
    /// <remarks>Never blocks, never allocates.</remarks>
    /// <exception cref="InvalidOperationException">The session has ended.</exception>
    public int CopyPending(Span<PendingInvalidation> destination)
    {
        InvalidationSessionState state = Enter();
        try
        {
            return state.CopyPending(destination);
        }
        finally
        {
            state.Leave();
        }
    }

    /// <summary>Lists what is being invalidated: one range, or those of a batch after merging.</summary>
    /// <param name="destination">Where to write; may be shorter than the list.</param>
    /// <returns>How many there are, written or not.</returns>
    /// <remarks>Never blocks, never allocates.</remarks>
    /// <exception cref="InvalidOperationException">The session has ended.</exception>
    public int CopyRanges(Span<AddressRange> destination)
    {
        InvalidationSessionState state = Enter();
        try
        {
            ReadOnlySpan<AddressRange> ranges = state.Ranges;
            ranges[..Math.Min(ranges.Length, destination.Length)].CopyTo(destination);
            return ranges.Length;
        }
        finally
        {
            state.Leave();
        }
    }

    /// <summary>Ends the session: the range is gone, and readers of it go on (and will find it gone).</summary>
    /// <remarks>Never blocks, never allocates. Readers' continuations that were asked to run inline run on this thread.</remarks>
    /// <exception cref="InvalidOperationException">
    /// The session has ended; or it is not complete, so that somebody may still use the range. It stays open then.
    /// </exception>
    public void Commit()
    {
        InvalidationSessionState state = Enter();
        InvalidationOutcome outcome = state.Poll();
        if (outcome != InvalidationOutcome.Completed)
        {
            state.Leave();
            ThrowNotCommitted(outcome);
        }

        if (!state.TryCommitEntered(_version))
        {
            ThrowNotCommitted(outcome);
        }
    }

    /// <summary>Ends the session without its effect: the range stays, and readers go on with it.</summary>
    /// <remarks>
    /// Never blocks, never allocates. What subscribers have begun to let go, they do let go of: their fences signal in their own time,
    /// and the next attempt finds less to wait for.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The session has ended.</exception>
    public void BackOff()
    {
        if (_state is null || !_state.TryEnd(_version, committed: false))
        {
            ThrowEnded();
        }
    }

    /// <summary>Backs off, unless the session has ended already.</summary>
    public void Dispose() => _state?.TryEnd(_version, committed: false);

    /// <summary>Whether both are the same session.</summary>
    /// <param name="other">Another session.</param>
    /// <returns>True if they are equal.</returns>
    public bool Equals(InvalidationSession other) => ReferenceEquals(_state, other._state) && _version == other._version;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is InvalidationSession other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_state, _version);

    /// <summary>Whether both are the same session.</summary>
    /// <param name="left">A session.</param>
    /// <param name="right">Another session.</param>
    /// <returns>True if they are equal.</returns>
    public static bool operator ==(InvalidationSession left, InvalidationSession right) => left.Equals(right);

    /// <summary>Whether they are different sessions.</summary>
    /// <param name="left">A session.</param>
    /// <param name="right">Another session.</param>
    /// <returns>True if they are not equal.</returns>
    public static bool operator !=(InvalidationSession left, InvalidationSession right) => !left.Equals(right);

    /// <summary>For those who end the session before they return: what they call meanwhile is inside it, whatever the thread.</summary>
    internal void StayOnThread() => _state!.StayOnThread();

    /// <summary>For those who call somebody before they wait.</summary>
    internal void ThrowIfWaitingForThisThread() => _state!.ThrowIfWaitingForThisThread();

    private string DebuggerDisplay => HasEnded ? "ended" : $"{_state!.Cover}: {_state.Poll()}";

    private InvalidationSessionState Enter()
    {
        if (_state is null || !_state.TryEnter(_version))
        {
            ThrowEnded();
        }

        return _state;
    }

    [DoesNotReturn]
    private static void ThrowEnded() => throw new InvalidOperationException("The invalidation session has ended: it was committed or backed off.");

    [DoesNotReturn]
    private static void ThrowNotCommitted(InvalidationOutcome outcome) => throw new InvalidOperationException(outcome switch
    {
        InvalidationOutcome.Pending => "The invalidation session cannot be committed: a subscriber still uses the range. Wait, or back off.",
        InvalidationOutcome.Faulted => "The invalidation session cannot be committed: a subscriber failed to let go of the range. Back off.",
        _ => "The invalidation session has ended: it was committed or backed off.",
    });
}
