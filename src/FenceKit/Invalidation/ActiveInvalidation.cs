// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>An invalidation that has begun and not ended, as the ledger sees it.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "See the field.")]
internal abstract partial class ActiveInvalidation : IFenceProducer
{
    // Never disposed: it lives as long as the pooled object, and readers may still look at its points.
    // Each invalidation object has its own timeline, one point a round: readers of the range wait for that point.
    private readonly FenceTimeline _rounds;
    private bool _isScheduling;
    private AddressRange[] _ranges = new AddressRange[1];
    private int[] _nodes = new int[1];
    private int _rangeCount;

    protected ActiveInvalidation(string name, TimeProvider clock, object? contractMap) =>
        _rounds = new FenceTimeline(name, new FenceTimelineOptions { TimeProvider = clock, ReportsCumulativeSignals = false }) { Producer = this, ContractMap = contractMap };

    /// <inheritdoc/>
    public abstract void DescribeHolders(ulong point, List<FenceHolder> holders);

    /// <summary>Whether code that runs here would wait for itself when it waits for <see cref="Ended"/>.</summary>
    internal abstract bool IsHeldHere { get; }

    /// <summary>Under the ledger's lock.</summary>
    internal ActiveInvalidation? Next;

    /// <summary>Under the ledger's lock.</summary>
    internal ActiveInvalidation? Previous;

    /// <summary>
    /// The number of this invalidation, unique in its ledger and at least 1. Of two invalidations that touch the same stripe, the later one
    /// has the higher number.
    /// </summary>
    internal ulong Number { get; private set; }

    /// <summary>What is invalidated: sorted, and with a gap between any two.</summary>
    internal ReadOnlySpan<AddressRange> Ranges => _ranges.AsSpan(0, _rangeCount);

    /// <summary>
    /// Under the ledger's locks: the tree node of each range, in the order of the ranges; a range has one node in each tree that it
    /// touches.
    /// </summary>
    internal Span<int> Nodes => _nodes;

    /// <summary>Under the ledger's locks. Allocates only when it grows.</summary>
    internal void MakeRoomForNodes(int count)
    {
        if (_nodes.Length < count)
        {
            _nodes = new int[count];
        }
    }

    /// <summary>From the start of the first range to the end of the last.</summary>
    internal AddressRange Cover => new(_ranges[0].Start, _ranges[_rangeCount - 1].End);

    /// <summary>
    /// Signals when the invalidation has ended, by commit or by back-off. Readers only look whether it is complete; later sessions also
    /// look at its fault, see <see cref="SignalEnded"/>.
    /// </summary>
    internal Fence Ended { get; private set; }

    /// <summary>The source line that scheduled the invalidation, for reports.</summary>
    internal SchedulePlace Place { get; private set; }

    /// <summary>
    /// Whether subscribers may still be called. Set under the ledger's lock. Cleared with a release store: a thread that reads false also
    /// sees everything that the callbacks did. Pairs with InvalidationLedger.IsScheduling.
    /// </summary>
    internal bool IsScheduling
    {
        get => Volatile.Read(ref _isScheduling);
        set => Volatile.Write(ref _isScheduling, value);
    }

    /// <summary>The reason. A gate lets readers pass for some reasons.</summary>
    internal InvalidationReason Reason { get; private set; }

    /// <summary>
    /// The subscriber that asked for the invalidation, if a subscriber did. Set before the ledger's lock is entered; null again when the
    /// invalidation has ended.
    /// </summary>
    internal object? Initiator { get; set; }

    /// <summary>
    /// Whether a subscriber with this owner is skipped because the owner itself asked for the invalidation: it is about to use the range,
    /// for example to move it.
    /// </summary>
    internal bool PassesOver(object? owner) => owner is not null && PassesOver(owner, Initiator, Reason);

    internal static bool PassesOver(object? owner, object? initiator, InvalidationReason reason) =>
        initiator is not null && ReferenceEquals(initiator, owner) && (reason is InvalidationReason.Migrate or InvalidationReason.Exclusive);

    /// <summary>Sets the ranges and the reason. Called before the ledger's lock is entered, because the array may have to grow.</summary>
    internal void SetRanges(ReadOnlySpan<AddressRange> ranges, InvalidationReason reason, SchedulePlace place)
    {
        // A reader that does not hold the lock may still read the reason of the previous session of this pooled object. It notices that by
        // the version of the ledger, provided that it cannot see the stores below before it sees the changed version. Pairs with
        // InvalidationLedger.TryLook.
        Volatile.WriteBarrier();
        Reason = reason;
        Place = place;
        if (_ranges.Length < ranges.Length)
        {
            _ranges = new AddressRange[ranges.Length];
        }

        ranges.CopyTo(_ranges);
        _rangeCount = ranges.Length;
    }

    /// <summary>Whether the reason of this invalidation is one of the given ones.</summary>
    internal bool IsFor(InvalidationReason reasons) => (reasons & Reason) != 0;

    /// <summary>Under the ledger's lock.</summary>
    internal void Begin(ulong number)
    {
        Number = number;
        Ended = _rounds.Issue();
        IsScheduling = true;
    }

    /// <summary>
    /// Called outside the ledger's lock, because continuations may run on this thread. When the invalidation superseded later sessions, the
    /// end is a fault, so that their waits end at once: those sessions can no longer complete.
    /// </summary>
    internal void SignalEnded(Fence ended, bool hasSuperseded)
    {
        if (hasSuperseded)
        {
            _rounds.Signal(ended, Superseded);
        }
        else
        {
            _rounds.Signal(ended);
        }
    }
}
