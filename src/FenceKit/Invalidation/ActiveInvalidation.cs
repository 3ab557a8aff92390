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

    /// <summary>Its own among all of the ledger; of two that touch one stripe, the later one has the higher. From 1.</summary>
    internal ulong Number { get; private set; }

    /// <summary>What is invalidated: sorted, and with a gap between any two.</summary>
    internal ReadOnlySpan<AddressRange> Ranges => _ranges.AsSpan(0, _rangeCount);

    /// <summary>Under the ledger's locks: where the ranges stand in its trees, in the same order, each once for every tree.</summary>
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
    /// Signals when the invalidation has ended, whether by commit or by back-off. Readers look whether it is complete, and no further;
    /// for later sessions see <see cref="SignalEnded"/>.
    /// </summary>
    internal Fence Ended { get; private set; }

    /// <summary>Where it was scheduled.</summary>
    internal SchedulePlace Place { get; private set; }

    /// <summary>
    /// Whether subscribers may still be called. Set under the ledger's lock; cleared by a release, so that a thread that reads false also sees
    /// everything that the callbacks did. Pairs with InvalidationLedger.IsScheduling.
    /// </summary>
    internal bool IsScheduling
    {
        get => Volatile.Read(ref _isScheduling);
        set => Volatile.Write(ref _isScheduling, value);
    }

    /// <summary>Why; for gates that let readers pass for some reasons.</summary>
    internal InvalidationReason Reason { get; private set; }

    /// <summary>Who asked for it, if that one is a subscriber too. Set before the ledger's lock is entered, and not kept when it has ended.</summary>
    internal object? Initiator { get; set; }

    /// <summary>Whether subscribers that belong to its initiator are left alone: the initiator is about to use the range itself, to move it for example.</summary>
    internal bool PassesOver(object? owner) => owner is not null && PassesOver(owner, Initiator, Reason);

    internal static bool PassesOver(object? owner, object? initiator, InvalidationReason reason) =>
        initiator is not null && ReferenceEquals(initiator, owner) && (reason is InvalidationReason.Migrate or InvalidationReason.Exclusive);

    /// <summary>Sets what is invalidated. Called before the ledger's lock is entered, since it may have to grow.</summary>
    internal void SetRanges(ReadOnlySpan<AddressRange> ranges, InvalidationReason reason, SchedulePlace place)
    {
        // A reader without the lock may still be looking at the reason of the last session of this object. It will notice by the version
        // of the ledger, as long as it cannot see what follows before it sees that the version has changed. Pairs with InvalidationLedger.TryLook.
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

    /// <summary>Whether it is for one of the reasons.</summary>
    internal bool IsFor(InvalidationReason reasons) => (reasons & Reason) != 0;

    /// <summary>Under the ledger's lock.</summary>
    internal void Begin(ulong number)
    {
        Number = number;
        Ended = _rounds.Issue();
        IsScheduling = true;
    }

    /// <summary>
    /// Outside the ledger's lock: what waits for the end may run on this thread. For sessions that it superseded the end is a fault,
    /// so that their waits end at once: they can no longer succeed.
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
