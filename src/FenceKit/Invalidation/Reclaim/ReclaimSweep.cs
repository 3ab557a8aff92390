// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>
/// Reclaims as much memory as it can in a given time. It tries range after range, skips and remembers those that it would have to wait for,
/// and comes back when the fence in the way has signaled. A stuck user of one range never keeps it from the other ranges.
/// </summary>
/// <remarks>
/// <code>
/// var sweep = new ReclaimSweep(notifier, InvalidationReason.Discard, owner);
/// ReclaimProgress progress = sweep.Run(coldRanges, TimeSpan.FromMilliseconds(5));   // what was busy is remembered
/// …
/// sweep.Run([], TimeSpan.Zero);                                                     // tries the remembered ones again
/// </code>
/// <para><b>Thread safety</b>: one run at a time; a second one throws. <b>Allocates</b>: a little for ranges that it remembers and waits
/// for; nothing for ranges that are reclaimed at once.</para>
/// </remarks>
[DebuggerDisplay("{Remembered} remembered")]
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A timeline that nobody else sees holds nothing.")]
public sealed class ReclaimSweep
{
    private const int ReportEvery = 256;

    private readonly InvalidationNotifier _notifier;
    private readonly InvalidationReason _reason;
    private readonly IReclaimOwner _owner;
    private readonly FenceTimeline _wakeUps; // signaled whenever the fence of a remembered range signals
    private readonly PendingInvalidation[] _holder = new PendingInvalidation[1];
    private List<Skipped> _remembered = [];
    private List<Skipped> _next = [];
    private readonly Stack<Skipped> _free = new();
    private ReclaimProgress _progress;
    private int _running;

    /// <summary>Creates a sweep that remembers nothing yet.</summary>
    /// <param name="notifier">The notifier whose subscribers have to let go.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="owner">Unmaps, frees and restores.</param>
    /// <exception cref="ArgumentNullException"><paramref name="notifier"/> or <paramref name="owner"/> is null.</exception>
    public ReclaimSweep(InvalidationNotifier notifier, InvalidationReason reason, IReclaimOwner owner)
    {
        ArgumentNullException.ThrowIfNull(notifier);
        ArgumentNullException.ThrowIfNull(owner);
        _notifier = notifier;
        _reason = reason;
        _owner = owner;
        _wakeUps = new FenceTimeline($"{notifier.Name} sweep", new FenceTimelineOptions { RetainedFaults = 1, TimeProvider = notifier.Clock, ReportsCumulativeSignals = false });
    }

    /// <summary>How many ranges are left for later.</summary>
    public int Remembered => _remembered.Count;

    /// <summary>Lists the ranges that are left for later.</summary>
    /// <param name="destination">Where to write; may be shorter than the list.</param>
    /// <returns>How many there are, written or not. Not to be called during a run.</returns>
    public int CopyRemembered(Span<AddressRange> destination)
    {
        for (int index = 0; index < Math.Min(destination.Length, _remembered.Count); index++)
        {
            destination[index] = _remembered[index].Range;
        }

        return _remembered.Count;
    }

    /// <summary>Tries every remembered range and every given range; then, while time is left, those whose fence signals.</summary>
    /// <param name="ranges">Further ranges to reclaim. A range that is already remembered must not be given again.</param>
    /// <param name="budget">
    /// The time for everything together, including the owner's work. Zero: try each range once and wait for nothing.
    /// <see cref="Timeout.InfiniteTimeSpan"/>: until nothing is left that could still succeed.
    /// </param>
    /// <param name="progress">Receives the progress from time to time and at the end; may be null.</param>
    /// <param name="cancellationToken">Ends the run like the end of the time; it does not throw.</param>
    /// <returns>The result of this run. Ranges that it did not reclaim are remembered.</returns>
    /// <remarks>
    /// Blocks the thread for the budget plus at most one call of the owner. When the owner throws, the range in question is backed off and
    /// forgotten; when it throws in Free, the range counts as freed.
    /// </remarks>
    /// <exception cref="ArgumentException">A range is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="InvalidOperationException">
    /// Another run is in progress. Or the only holder left to wait for is this thread itself, inside a <see cref="ReaderGate"/>: the other
    /// ranges have been reclaimed, the rest is remembered. A budget of zero never causes this exception.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    public ReclaimProgress Run(
        ReadOnlySpan<AddressRange> ranges, TimeSpan budget, IProgress<ReclaimProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(budget);
        foreach (AddressRange range in ranges)
        {
            AddressRange.IfEmpty(range, nameof(ranges));
        }

        if (Interlocked.Exchange(ref _running, 1) != 0)
        {
            throw new InvalidOperationException("A sweep runs on one thread at a time.");
        }

        using FenceContractScope reclaim = FenceContract.EnterReclaim(file: null, line: 0);
        try
        {
            foreach (AddressRange range in ranges)
            {
                _remembered.Add(Remember(range));
            }

            _progress = default;
            WaitBudget left = WaitBudget.Start(_notifier.Clock, budget);
            Pass(left, mustTryAll: budget == TimeSpan.Zero, onlyReady: false, progress, cancellationToken);
            while (WaitForOne(left, budget, cancellationToken))
            {
                Pass(left, mustTryAll: false, onlyReady: true, progress, cancellationToken);
            }

            ReclaimProgress result = _progress with { Remembered = _remembered.Count };
            progress?.Report(result);
            return result;
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    /// <summary>
    /// Tries the remembered ranges. Those that were not reclaimed, or not reached, are remembered again in the same order.
    /// </summary>
    private void Pass(WaitBudget left, bool mustTryAll, bool onlyReady, IProgress<ReclaimProgress>? progress, CancellationToken cancellationToken)
    {
        int index = 0;
        try
        {
            for (; index < _remembered.Count; index++)
            {
                if (cancellationToken.IsCancellationRequested || (!mustTryAll && left.Remaining == TimeSpan.Zero))
                {
                    break;
                }

                Skipped skipped = _remembered[index];
                if ((!onlyReady || skipped.IsReady) && TryReclaim(skipped))
                {
                    _free.Push(skipped);
                }
                else
                {
                    _next.Add(skipped);
                }

                if ((index + 1) % ReportEvery == 0)
                {
                    progress?.Report(_progress with { Remembered = _next.Count + _remembered.Count - index - 1 });
                }
            }
        }
        catch
        {
            index++; // the one whose owner threw
            throw;
        }
        finally
        {
            for (; index < _remembered.Count; index++)
            {
                _next.Add(_remembered[index]);
            }

            _remembered.Clear();
            (_remembered, _next) = (_next, _remembered);
        }
    }

    private bool TryReclaim(Skipped skipped)
    {
        if (skipped.WentWithAnother)
        {
            _progress = _progress with { Superseded = _progress.Superseded + 1 };
            skipped.Earlier.Clear();
            return true;
        }

        _progress = _progress with { Attempts = _progress.Attempts + 1 };
        skipped.Fence = default;
        skipped.HasFailed = false;
        skipped.Earlier.Clear();
        if (!_notifier.TrySchedule(skipped.Range, _reason, out InvalidationSession session))
        {
            _progress = _progress with { Refused = _progress.Refused + 1 };
            return false;
        }

        session.StayOnThread(); // the owner is called in between
        using (session)
        {
            _owner.Park(skipped.Range);
            InvalidationOutcome outcome = session.TryWait();
            if (outcome == InvalidationOutcome.Pending && session.CopyPending(_holder) == 0)
            {
                outcome = session.TryWait(); // the fence signaled between the two calls; without a fence the range would never be tried again
            }

            switch (outcome)
            {
                case InvalidationOutcome.Completed:
                    InvalidationNotifier.FreeAndCommit(session, _owner, static (owner, range) => owner.Free(range), skipped.Range);
                    _progress = _progress with { Reclaimed = _progress.Reclaimed + 1 };
                    return true;
                case InvalidationOutcome.Superseded:
                    _progress = _progress with { Superseded = _progress.Superseded + 1 };
                    return true; // not restored: the contents went with another session, whose owner knows
                case InvalidationOutcome.Faulted:
                    skipped.HasFailed = true;
                    _progress = _progress with { Faulted = _progress.Faulted + 1 };
                    break;
                default:
                    skipped.Fence = _holder[0].Fence;
                    NoteEarlier(session, skipped);
                    _progress = _progress with { Busy = _progress.Busy + 1 };
                    break;
            }

            _owner.Restore(skipped.Range);
            return false;
        }
    }

    /// <summary>
    /// Notes the open sessions of other callers that overlap the range. If one of them commits, the range must not be tried again, because
    /// it would be freed twice. They come first in the list of holders.
    /// </summary>
    private void NoteEarlier(InvalidationSession session, Skipped skipped)
    {
        if (_holder[0].Subscription is not null)
        {
            return;
        }

        PendingInvalidation[] inTheWay = new PendingInvalidation[session.CopyPending([])];
        int count = Math.Min(session.CopyPending(inTheWay), inTheWay.Length);
        skipped.Earlier.Add(_holder[0].Fence); // even if it has ended since
        for (int index = 0; index < count && inTheWay[index].Subscription is null; index++)
        {
            skipped.Earlier.Add(inTheWay[index].Fence);
        }
    }

    /// <summary>
    /// Waits until the fence of a remembered range has signaled. False when the time is over or there is no fence to wait for.
    /// </summary>
    private bool WaitForOne(WaitBudget left, TimeSpan budget, CancellationToken cancellationToken)
    {
        if (budget == TimeSpan.Zero)
        {
            return false;
        }

        ThrowIfWaitingForThisThread();
        Fence wakeUp = _wakeUps.Issue();
        bool isReady = false;
        bool canWait = false;
        foreach (Skipped skipped in _remembered)
        {
            isReady |= skipped.IsReady;
            if (!skipped.HasFailed && skipped.Fence != default)
            {
                canWait = true;
                skipped.Wake = new Wake(this);
                isReady |= !skipped.Fence.TryAddCallback(skipped.Wake);
            }

            if (isReady)
            {
                break;
            }
        }

        if (!isReady && canWait && !cancellationToken.IsCancellationRequested)
        {
            WaitFor(wakeUp, left, cancellationToken);
        }

        bool isAnyReady = false;
        foreach (Skipped skipped in _remembered)
        {
            if (skipped.Wake is not null)
            {
                skipped.Fence.TryRemoveCallback(skipped.Wake);
                skipped.Wake = null;
            }

            isAnyReady |= skipped.IsReady;
        }

        _wakeUps.Signal(wakeUp);
        return isAnyReady && left.Remaining != TimeSpan.Zero && !cancellationToken.IsCancellationRequested;
    }

    /// <summary>
    /// Throws when this thread itself, inside a gate, is the holder of a range: the wait would last until the time is over, or forever.
    /// </summary>
    private void ThrowIfWaitingForThisThread()
    {
        foreach (Skipped skipped in _remembered)
        {
            if (skipped.Fence.Timeline?.Producer is ReaderRoster readers && readers.IsWaitingForThisThread(skipped.Fence.Point))
            {
                SelfWait.ThrowInsideGate(readers.Name, $"the sweep of {skipped.Range} ({_reason})");
            }
        }
    }

    private static void WaitFor(Fence wakeUp, WaitBudget left, CancellationToken cancellationToken)
    {
        try
        {
            _ = wakeUp.Wait(left.Remaining, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // the end of the run, not an error
        }
    }

    private Skipped Remember(AddressRange range)
    {
        Skipped skipped = _free.TryPop(out Skipped? free) ? free : new Skipped();
        skipped.Range = range;
        skipped.Fence = default;
        skipped.HasFailed = false;
        skipped.Earlier.Clear();
        return skipped;
    }

    /// <summary>A range that is left for later.</summary>
    private sealed class Skipped
    {
        internal AddressRange Range { get; set; }

        /// <summary>
        /// The fence that was in the way at the last attempt; <c>default</c> for a refusal, a failure, or no attempt yet.
        /// </summary>
        internal Fence Fence { get; set; }

        internal bool HasFailed { get; set; }

        internal Wake? Wake { get; set; }

        /// <summary>The ends of the sessions that were open over a part of the range at the last attempt.</summary>
        internal List<Fence> Earlier { get; } = [];

        /// <summary>
        /// Whether one of these sessions has freed the range. A session whose outcome is no longer known counts as well: it is better not
        /// to reclaim the range than to free it twice.
        /// </summary>
        internal bool WentWithAnother => Earlier.Exists(static ended => ended.Status is FenceStatus.Faulted or FenceStatus.Retired);

        internal bool IsReady => !HasFailed && Fence != default && Fence.IsSignaled;
    }

    private sealed class Wake(ReclaimSweep sweep) : FenceCallback
    {
        protected override void OnSignaled(FenceStatus status, Exception? fault) => sweep._wakeUps.Signal(sweep._wakeUps.Issued);
    }
}
