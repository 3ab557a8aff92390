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
/// <para>Until the session ends, readers of the range wait, and nothing can be published into it.</para>
/// <para>Of several sessions over one range only one hands the memory back. A session is not complete while one that began earlier over a
/// part of its range is open: it waits for that one as for a subscriber, and lists it among those in the way. When the earlier one
/// backs off, or was for <see cref="InvalidationReason.Protect"/> or <see cref="InvalidationReason.Exclusive"/>, it goes on; when the earlier one
/// commits for any other reason, it is <see cref="InvalidationOutcome.Superseded"/>. Later ones wait for earlier ones only, so there is no circle.</para>
/// <para>A session that nobody ends, and that nobody can end any more because every copy of the handle is garbage, backs off when the
/// garbage collector finds it: it is counted (<see cref="InvalidationStatistics.Forgotten"/>), and reported on the event source "FenceKit" with the place of its schedule.</para>
/// </remarks>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public readonly partial struct InvalidationSession : IDisposable, IEquatable<InvalidationSession>
{
    private readonly SessionLease? _lease;
    private readonly ulong _version;

    internal InvalidationSession(SessionLease lease, ulong version)
    {
        _lease = lease;
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
    public bool HasEnded => _lease is null || !_lease.State.IsOpen(_version);

    /// <summary>
    /// Why the session cannot complete: the fault of a fence, what a subscriber threw, or that an earlier invalidation has taken the
    /// contents of the range. The first of them, if there are several; null as long as it may still complete.
    /// </summary>
    /// <remarks>
    /// Never blocks; allocates only when the outcome of a fence is no longer known. <see cref="CopyPending"/> says of whom.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The session has ended.</exception>
    public Exception? Error
    {
        get
        {
            InvalidationSessionState state = Enter();
            try
            {
                return state.FindError();
            }
            finally
            {
                state.Leave();
            }
        }
    }

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
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="InvalidOperationException">
    /// The session has ended. Or this thread would wait for itself: it is inside a <see cref="ReaderGate"/> whose readers the session waits
    /// for, or has an earlier session open over a part of the range.
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
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="InvalidOperationException">As in <see cref="Wait"/>: also this wait would end only after this thread has left the gate.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    public ValueTask<InvalidationOutcome> WaitAsync(TimeSpan budget, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(budget);
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
    /// The session has ended; or it is not complete, so that somebody may still use the range. It stays open then, the message names
    /// who is in the way, and the inner exception is <see cref="Error"/>.
    /// </exception>
    public void Commit()
    {
        if (_lease is not null && _lease.State.TryCommitAlone(_version, _lease))
        {
            return;
        }

        InvalidationSessionState state = Enter();
        InvalidationOutcome outcome = state.Poll();
        if (outcome != InvalidationOutcome.Completed)
        {
            ThrowNotComplete(state, outcome);
        }

        if (!state.TryCommitEntered(_version, _lease!))
        {
            ThrowEnded();
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
        if (_lease is null || !_lease.State.TryEnd(_version, committed: false, _lease))
        {
            ThrowEnded();
        }
    }

    /// <summary>Backs off, unless the session has ended already.</summary>
    public void Dispose() => _lease?.State.TryEnd(_version, committed: false, _lease);

    /// <summary>Whether both are the same session.</summary>
    /// <param name="other">Another session.</param>
    /// <returns>True if they are equal.</returns>
    public bool Equals(InvalidationSession other) => ReferenceEquals(_lease, other._lease) && _version == other._version;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is InvalidationSession other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_lease, _version);

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

    /// <summary>Says that the caller ends the session before it returns: what it calls meanwhile is inside the session, whatever the thread.</summary>
    internal void StayOnThread() => _lease!.State.StayOnThread();

    /// <summary>Throws when the thread would wait for itself. For callers that call a user's code before they wait.</summary>
    internal void ThrowIfBlockingItself() => _lease!.State.ThrowIfBlockingItself();

    /// <summary>The range and how far it is, for people.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => DebuggerDisplay;

    private string DebuggerDisplay => _lease is null ? "never begun" : HasEnded ? "ended" : $"{_lease.State.Cover}: {_lease.State.Poll()}";

    private InvalidationSessionState Enter()
    {
        if (_lease is null || !_lease.State.TryEnter(_version))
        {
            ThrowEnded();
        }

        return _lease.State;
    }

    [DoesNotReturn]
    private void ThrowEnded() => throw new InvalidOperationException(_lease is null
        ? "The invalidation session was never begun: it is the default value, as after a schedule that was refused."
        : "The invalidation session has ended: it was committed or backed off.");

    /// <summary>The caller has entered; here it leaves.</summary>
    [DoesNotReturn]
    private static void ThrowNotComplete(InvalidationSessionState state, InvalidationOutcome outcome)
    {
        InvalidOperationException error;
        try
        {
            error = new InvalidOperationException(state.DescribeWhyNotComplete(outcome), state.FindError());
        }
        finally
        {
            state.Leave();
        }

        throw error;
    }
}
