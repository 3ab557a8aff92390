// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>
/// Gets as much memory back as it can in a given time: it takes range after range, skips what would have to be waited for, remembers it,
/// and comes back when the fence in the way has signaled. One stuck user of one range never keeps it from the others.
/// </summary>
/// <remarks>
/// <code>
/// var sweep = new ReclaimSweep(notifier, InvalidationReason.Discard, owner);
/// ReclaimProgress progress = sweep.Run(coldRanges, TimeSpan.FromMilliseconds(5));   // what was busy is remembered
/// …
/// sweep.Run([], TimeSpan.Zero);                                                     // tries the remembered ones again
/// </code>
/// <para><b>Thread safety</b>: one run at a time; a second one throws. <b>Allocates</b>: a little for what it remembers
/// and waits for; nothing for ranges that go at once.</para>
/// </remarks>
[DebuggerDisplay("{Remembered} remembered")]
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A timeline that nobody else sees holds nothing.")]
public sealed class ReclaimSweep
{
    private const int ReportEvery = 256;

    private readonly InvalidationNotifier _notifier;
    private readonly InvalidationReason _reason;
    private readonly IReclaimOwner _owner;
    private readonly FenceTimeline _wakeUps; // signaled whenever a fence signals that a remembered range waits for
    private readonly PendingInvalidation[] _holder = new PendingInvalidation[1];
    private List<Skipped> _remembered = [];
    private List<Skipped> _next = [];
    private readonly Stack<Skipped> _free = new();
    private ReclaimProgress _progress;
    private int _running;

    /// <summary>Creates a sweep that remembers nothing yet.</summary>
    /// <param name="notifier">Whose subscribers have to let go.</param>
    /// <param name="reason">Why.</param>
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

    /// <summary>Tries every range that is remembered and every range that is given; then, while time is left, those whose fence signals.</summary>
    /// <param name="ranges">What else may go. A range that is remembered already must not be given again.</param>
    /// <param name="budget">
    /// For everything together, the owner's work included. Zero: try each range once and wait for nothing.
    /// <see cref="Timeout.InfiniteTimeSpan"/>: until nothing is left that could still succeed.
    /// </param>
    /// <param name="progress">Told every now and then, and at the end; null for nobody.</param>
    /// <param name="cancellationToken">Ends the run like the end of the time; it does not throw.</param>
    /// <returns>What this run did. What it did not get is remembered.</returns>
    /// <remarks>Blocks the thread, within the budget plus the time that one call of the owner takes. When the owner throws, the range in question is backed off and forgotten; when it throws in Free, the range counts as freed.</remarks>
    /// <exception cref="ArgumentException">A range is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="InvalidOperationException">
    /// Another run is under way. Or what is left to wait for is this thread itself, inside a <see cref="ReaderGate"/>: what could be
    /// reclaimed without it has been, the rest is remembered. With a budget of zero there is no such exception.
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

    /// <summary>Tries what is remembered; what is not got, or not reached, is remembered again, in the same order.</summary>
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
                if (onlyReady && !skipped.IsReady)
                {
                    _next.Add(skipped);
                }
                else if (TryReclaim(skipped))
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

        session.StayOnThread(); // for the owner, who is called in between
        using (session)
        {
            _owner.Park(skipped.Range);
            InvalidationOutcome outcome = session.TryWait();
            if (outcome == InvalidationOutcome.Pending && session.CopyPending(_holder) == 0)
            {
                outcome = session.TryWait(); // it signaled between the two looks: a range without a fence would not be tried again
            }

            switch (outcome)
            {
                case InvalidationOutcome.Completed:
                    InvalidationNotifier.FreeAndCommit(session, _owner, static (owner, range) => owner.Free(range), skipped.Range);
                    _progress = _progress with { Reclaimed = _progress.Reclaimed + 1 };
                    return true;
                case InvalidationOutcome.Superseded:
                    _progress = _progress with { Superseded = _progress.Superseded + 1 };
                    return true; // not restored: what stood there has gone with another session, which has told the owner
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
    /// Sessions of somebody else that are open over a part of the range: if one of them commits, the range must not be tried again, for it
    /// would be freed twice. They come first in the list.
    /// </summary>
    private void NoteEarlier(InvalidationSession session, Skipped skipped)
    {
        if (_holder[0].Subscription is not null)
        {
            return;
        }

        PendingInvalidation[] inTheWay = new PendingInvalidation[session.CopyPending([])];
        int count = Math.Min(session.CopyPending(inTheWay), inTheWay.Length);
        skipped.Earlier.Add(_holder[0].Fence); // whatever has become of it since
        for (int index = 0; index < count && inTheWay[index].Subscription is null; index++)
        {
            skipped.Earlier.Add(inTheWay[index].Fence);
        }
    }

    /// <summary>Waits until the fence of a remembered range has signaled. False: time is over, or there is none to wait for.</summary>
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

    /// <summary>A range that is busy with this very thread would keep it until the time is over, or for ever.</summary>
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

        /// <summary>What was in the way at the last attempt; <c>default</c> for a refusal, a failure, or no attempt yet.</summary>
        internal Fence Fence { get; set; }

        internal bool HasFailed { get; set; }

        internal Wake? Wake { get; set; }

        /// <summary>The ends of the sessions that were open over a part of the range at the last attempt.</summary>
        internal List<Fence> Earlier { get; } = [];

        /// <summary>
        /// Whether one of these has handed the range back. An end of which nobody knows any more how it was counts as one, too: better not
        /// reclaimed than freed twice.
        /// </summary>
        internal bool WentWithAnother
        {
            get
            {
                foreach (Fence ended in Earlier)
                {
                    if (ended.Status is FenceStatus.Faulted or FenceStatus.Retired)
                    {
                        return true;
                    }
                }

                return false;
            }
        }

        internal bool IsReady => !HasFailed && Fence != default && Fence.IsSignaled;
    }

    private sealed class Wake(ReclaimSweep sweep) : FenceCallback
    {
        protected override void OnSignaled(FenceStatus status, Exception? fault) => sweep._wakeUps.Signal(sweep._wakeUps.Issued);
    }
}
