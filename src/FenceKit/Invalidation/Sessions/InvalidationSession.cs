// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>
/// An open invalidation: phase A is over, and the owner runs phases B and C. A struct handle to a pooled object; using it after the session
/// has ended throws. It may cross an <c>await</c> and be used from several threads. Disposing it without <see cref="Commit"/> backs off.
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
/// <para>Until the session ends, readers of the range wait, and no mapping can be published into it.</para>
/// <para>Of several sessions over one range, only one frees the memory. A session is not complete while an earlier session that overlaps it
/// is open: it waits for that session as for a subscriber, and lists it among the holders. When the earlier session backs off, or has the
/// reason <see cref="InvalidationReason.Protect"/> or <see cref="InvalidationReason.Exclusive"/>, the later one continues; when the earlier
/// session commits for any other reason, the later one is <see cref="InvalidationOutcome.Superseded"/>. Sessions wait for earlier ones
/// only, so there is no cycle.</para>
/// <para>A session that is never ended backs off when the garbage collector finds that every copy of its handle is unreachable. It is then
/// counted (<see cref="InvalidationStatistics.Forgotten"/>) and reported on the event source "FenceKit" with the place of its
/// schedule.</para>
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

    /// <summary>The range that is being invalidated; for a batch, from the start of its first range to the end of its last.</summary>
    /// <exception cref="InvalidOperationException">The session has ended.</exception>
    public AddressRange Range
    {
        get
        {
            using Visit visit = Enter(out InvalidationSessionState state);
            return state.Cover;
        }
    }

    /// <summary>Whether the session has ended or never began.</summary>
    public bool HasEnded => _lease is null || !_lease.State.IsOpen(_version);

    /// <summary>
    /// Why the session cannot complete: the fault of a fence, the exception of a subscriber, or that an earlier invalidation has taken the
    /// contents of the range. The first of them, if there are several; null while the session may still complete.
    /// </summary>
    /// <remarks>
    /// Never blocks; allocates only when the outcome of a fence is no longer known. <see cref="CopyPending"/> names the holder.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The session has ended.</exception>
    public Exception? Error
    {
        get
        {
            using Visit visit = Enter(out InvalidationSessionState state);
            return state.FindError();
        }
    }

    /// <summary>Checks, without waiting, whether all subscribers have let go.</summary>
    /// <returns>The outcome so far.</returns>
    /// <remarks>Never blocks, never allocates, changes nothing; may be called any number of times.</remarks>
    /// <exception cref="InvalidOperationException">The session has ended.</exception>
    public InvalidationOutcome TryWait()
    {
        using Visit visit = Enter(out InvalidationSessionState state);
        return state.Poll();
    }

    /// <summary>Phase C: blocks until all subscribers have let go, one has failed to, or the time is over.</summary>
    /// <param name="budget">The time for all subscribers together; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends this wait; the session stays open.</param>
    /// <returns>The outcome so far. The method may be called again.</returns>
    /// <remarks>
    /// Blocks the thread; allocates nothing in steady state. Takes as long as the slowest subscriber, not the sum. The first failure ends
    /// the wait, whatever the order of subscribers, because the session can no longer complete.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="InvalidOperationException">
    /// The session has ended. Or this thread would wait for itself: it is inside a <see cref="ReaderGate"/> whose readers the session waits
    /// for, or has an earlier open session that overlaps the range.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    public InvalidationOutcome Wait(TimeSpan budget, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(budget);
        using Visit visit = Enter(out InvalidationSessionState state);
        return FenceContract.IsChecked ? state.WaitChecked(budget, cancellationToken) : state.Wait(budget, cancellationToken);
    }

    /// <summary>Like <see cref="Wait"/>, but blocks no thread.</summary>
    /// <param name="budget">The time for all subscribers together; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends this wait; the session stays open.</param>
    /// <returns>The outcome so far. Await the result once, like every ValueTask.</returns>
    /// <remarks>Allocates nothing in steady state.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="InvalidOperationException">
    /// As for <see cref="Wait"/>: the asynchronous wait, too, would end only after this thread has left the gate.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    public ValueTask<InvalidationOutcome> WaitAsync(TimeSpan budget, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(budget);
        Enter(out InvalidationSessionState state);
        if (FenceContract.IsChecked)
        {
            state.AnnounceWaitAsync(budget);
        }

        return state.WaitAsync(budget, cancellationToken);
    }

    /// <summary>
    /// Lists the holders that keep the session from completing: fences that are pending or have faulted, subscribers that threw, and
    /// earlier sessions.
    /// </summary>
    /// <param name="destination">Where to write; may be shorter than the list.</param>
    /// <returns>How many there are, written or not.</returns>
    /// <remarks>Never blocks, never allocates.</remarks>
    /// <exception cref="InvalidOperationException">The session has ended.</exception>
    public int CopyPending(Span<PendingInvalidation> destination)
    {
        using Visit visit = Enter(out InvalidationSessionState state);
        return state.CopyPending(destination);
    }

    /// <summary>Lists the ranges that are being invalidated: one range, or those of a batch after merging.</summary>
    /// <param name="destination">Where to write; may be shorter than the list.</param>
    /// <returns>How many there are, written or not.</returns>
    /// <remarks>Never blocks, never allocates.</remarks>
    /// <exception cref="InvalidOperationException">The session has ended.</exception>
    public int CopyRanges(Span<AddressRange> destination)
    {
        using Visit visit = Enter(out InvalidationSessionState state);
        ReadOnlySpan<AddressRange> ranges = state.Ranges;
        ranges[..Math.Min(ranges.Length, destination.Length)].CopyTo(destination);
        return ranges.Length;
    }

    /// <summary>Ends the session after its effect: the range is gone, and waiting readers continue (and will find it gone).</summary>
    /// <remarks>Never blocks, never allocates. Readers' continuations that were requested inline run on this thread.</remarks>
    /// <exception cref="InvalidOperationException">
    /// The session has ended; or it is not complete, so the range may still be in use. In the second case it stays open, the message names
    /// the holders, and the inner exception is <see cref="Error"/>.
    /// </exception>
    public void Commit()
    {
        if (_lease is not null && _lease.State.TryCommitAlone(_version, _lease))
        {
            return;
        }

        Enter(out InvalidationSessionState state);
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

    /// <summary>Ends the session without its effect: the range stays, and waiting readers continue to use it.</summary>
    /// <remarks>
    /// Never blocks, never allocates. Subscribers finish letting go of what they have begun to: their fences signal in their own time, and
    /// the next attempt has less to wait for.
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

    /// <summary>
    /// Declares that the caller ends the session before it returns: code that it calls in between is inside the session, on any thread.
    /// </summary>
    internal void StayOnThread() => _lease!.State.StayOnThread();

    /// <summary>Throws when this thread would wait for itself. For callers that run user code before they wait.</summary>
    internal void ThrowIfBlockingItself() => _lease!.State.ThrowIfBlockingItself();

    /// <summary>Describes the range and the outcome so far, for people.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => DebuggerDisplay;

    private string DebuggerDisplay => _lease is null ? "never begun" : HasEnded ? "ended" : $"{_lease.State.Cover}: {_lease.State.Poll()}";

    private Visit Enter(out InvalidationSessionState state)
    {
        if (_lease is null || !_lease.State.TryEnter(_version))
        {
            ThrowEnded();
        }

        state = _lease.State;
        return new Visit(state);
    }

    [DoesNotReturn]
    private void ThrowEnded() => throw new InvalidOperationException(_lease is null
        ? "The invalidation session was never begun: it is the default value, as after a schedule that was refused."
        : "The invalidation session has ended: it was committed or backed off.");

    /// <summary>Throws for a commit that comes too early. The caller has entered the state object; this method leaves it.</summary>
    [DoesNotReturn]
    private static void ThrowNotComplete(InvalidationSessionState state, InvalidationOutcome outcome)
    {
        using Visit visit = new(state);
        throw new InvalidOperationException(state.DescribeWhyNotComplete(outcome), state.FindError());
    }

    /// <summary>A thread inside a member. Disposing it lets the object go back to its pool, if the session has ended.</summary>
    private readonly ref struct Visit(InvalidationSessionState state)
    {
        public void Dispose() => state.Leave();
    }
}
