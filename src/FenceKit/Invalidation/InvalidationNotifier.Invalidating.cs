// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// All three phases in one call.
public sealed partial class InvalidationNotifier
{
    /// <summary>
    /// Runs all three phases in one call: waits until nobody uses the range any more, then frees the memory. A good start for users who are
    /// new to FenceKit.
    /// </summary>
    /// <typeparam name="TState">The type of the state that both steps are given.</typeparam>
    /// <param name="range">The range that is going away.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="state">Passed to both steps.</param>
    /// <param name="whileWaiting">
    /// Phase B: the owner's own work while the subscribers are still letting go; null for none. <b>They still use the range: nothing may be
    /// freed here.</b> It may park new users; it must not map anything new into the range.
    /// </param>
    /// <param name="free">
    /// Frees the memory: runs when nobody uses the range any more, and before anybody may use it again. Called only when the result is
    /// <see cref="InvalidationOutcome.Completed"/>.
    /// </param>
    /// <param name="budget">How long to wait altogether, refusals included; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="inTheWay">
    /// When the result is not Completed: the first holder that was in the way, and its error. <c>default</c> when a subscriber refused, or
    /// when the holder let go just then.
    /// </param>
    /// <param name="cancellationToken">Ends the wait; the session then backs off.</param>
    /// <param name="file">Filled in by the compiler: where the session was scheduled, for reports.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>
    /// Completed: nobody uses the range any more, <paramref name="free"/> has run, and the invalidation is committed. Pending, Faulted or
    /// Superseded: the invalidation was backed off, and the range still belongs to its users (or, when superseded, went with an earlier
    /// invalidation). When subscribers refused until the time ran out, <paramref name="whileWaiting"/> was not called.
    /// </returns>
    /// <remarks>
    /// Blocks the thread for as long as the slowest subscriber takes, or until the first one fails. Both steps run on this thread. When
    /// <paramref name="whileWaiting"/> throws, the invalidation is backed off: nothing was freed. When <paramref name="free"/> throws, the
    /// invalidation is committed: what was freed by then is gone, and nobody may free it again. Either way the caller gets the exception.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="free"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or the reason is unknown.</exception>
    /// <exception cref="InvalidOperationException">
    /// This thread would wait for itself: it is inside a <see cref="ReaderGate"/> whose readers would be waited for, or has an open session
    /// that overlaps the range. Neither step has run then.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    public InvalidationOutcome Invalidate<TState>(
        AddressRange range,
        InvalidationReason reason,
        TState state,
        Action<TState, AddressRange>? whileWaiting,
        Action<TState, AddressRange> free,
        TimeSpan budget,
        out PendingInvalidation inTheWay,
        CancellationToken cancellationToken = default,
        [CallerFilePath] string? file = null,
        [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(free);
        FenceThrow.IfNotATimeout(budget);
        inTheWay = default;
        WaitBudget left = WaitBudget.Start(_clock, budget);
        SpinWait spin = default;
        InvalidationSession session;
        while (!TrySchedule(range, reason, out session, file, line))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (left.Remaining == TimeSpan.Zero)
            {
                return InvalidationOutcome.Pending;
            }

            spin.SpinOnce();
        }

        using (session)
        {
            session.StayOnThread();
            if (budget != TimeSpan.Zero)
            {
                session.ThrowIfBlockingItself(); // before the first step has done its work
            }

            using FenceContractScope held = session.BeginSignaling(file, line);
            whileWaiting?.Invoke(state, range);
            InvalidationOutcome outcome = session.Wait(left.Remaining, cancellationToken);
            if (outcome == InvalidationOutcome.Completed)
            {
                FreeAndCommit(session, state, free, range);
            }
            else
            {
                session.CopyPending(new Span<PendingInvalidation>(ref inTheWay));
            }

            return outcome;
        }
    }

    /// <summary>Runs all three phases in one call, without reporting which holder was in the way.</summary>
    /// <typeparam name="TState">The type of the state that both steps are given.</typeparam>
    /// <param name="range">The range that is going away.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="state">Passed to both steps.</param>
    /// <param name="whileWaiting">
    /// Phase B: the owner's own work while the subscribers are still letting go; null for none. <b>Nothing may be freed here.</b>
    /// </param>
    /// <param name="free">Frees the memory. Called when nobody uses it any more.</param>
    /// <param name="budget">How long to wait altogether, refusals included; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait; the session then backs off.</param>
    /// <param name="file">Filled in by the compiler: where the session was scheduled, for reports.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>
    /// Completed: the memory is freed and the invalidation committed. Otherwise the invalidation was backed off, and
    /// <paramref name="free"/> was not called.
    /// </returns>
    /// <remarks>See the other overload for details.</remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="free"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or the reason is unknown.</exception>
    /// <exception cref="InvalidOperationException">
    /// This thread would wait for itself: it is inside a <see cref="ReaderGate"/> whose readers would be waited for, or has an open session
    /// that overlaps the range. Neither step has run then.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    public InvalidationOutcome Invalidate<TState>(
        AddressRange range,
        InvalidationReason reason,
        TState state,
        Action<TState, AddressRange>? whileWaiting,
        Action<TState, AddressRange> free,
        TimeSpan budget,
        CancellationToken cancellationToken = default,
        [CallerFilePath] string? file = null,
        [CallerLineNumber] int line = 0) =>
        Invalidate(range, reason, state, whileWaiting, free, budget, out _, cancellationToken, file, line);

    /// <summary>Runs all three phases in one call, without a time limit.</summary>
    /// <param name="range">The range that is going away.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="whileWaiting">
    /// Phase B: the owner's own work while the subscribers are still letting go; null for none. <b>Nothing may be freed here.</b>
    /// </param>
    /// <param name="free">Frees the memory. Called when nobody uses it any more.</param>
    /// <param name="file">Filled in by the compiler: where the session was scheduled, for reports.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>
    /// Completed: the memory is freed and the invalidation committed. Faulted or Superseded: the invalidation was backed off, and
    /// <paramref name="free"/> was not called.
    /// </returns>
    /// <remarks>
    /// See the first overload for details. A subscriber that never lets go blocks the caller forever: give a budget if you can.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="free"/> is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// This thread would wait for itself: it is inside a <see cref="ReaderGate"/> whose readers would be waited for, or has an open session
    /// that overlaps the range. Neither step has run then.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    public InvalidationOutcome Invalidate(
        AddressRange range,
        InvalidationReason reason,
        Action<AddressRange>? whileWaiting,
        Action<AddressRange> free,
        [CallerFilePath] string? file = null,
        [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(free);
        return Invalidate(
            range,
            reason,
            (whileWaiting, free),
            static (steps, range) => steps.whileWaiting?.Invoke(range),
            static (steps, range) => steps.free(range),
            Timeout.InfiniteTimeSpan,
            out _,
            default,
            file,
            line);
    }

    /// <summary>
    /// Frees the range and commits. This is the only code that frees memory for an owner: nobody uses the range, and nobody may come back
    /// before the commit. The commit happens even if <paramref name="free"/> throws: how much it has freed is not known, and a back-off
    /// would let readers in and let the next session free it again.
    /// </summary>
    internal static void FreeAndCommit<TState>(InvalidationSession complete, TState state, Action<TState, AddressRange> free, AddressRange range)
    {
        try
        {
            free(state, range);
        }
        finally
        {
            complete.Commit();
        }
    }
}
