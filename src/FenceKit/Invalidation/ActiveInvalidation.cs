// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>An invalidation that has begun and not ended, as the ledger sees it.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "See the field.")]
internal abstract class ActiveInvalidation
{
    // Never disposed: it lives as long as the pooled object, and readers may still look at its points.
    // Each invalidation object has its own timeline, one point a round: readers of the range wait for that point.
    private readonly FenceTimeline _rounds;
    private bool _isScheduling;

    protected ActiveInvalidation(string name, TimeProvider clock) =>
        _rounds = new FenceTimeline(name, new FenceTimelineOptions { RetainedFaults = 1, TimeProvider = clock });

    /// <summary>Under the ledger's gate.</summary>
    internal ActiveInvalidation? Next;

    /// <summary>Under the ledger's gate.</summary>
    internal ActiveInvalidation? Previous;

    /// <summary>Which invalidation of the ledger this is, counted from 1.</summary>
    internal ulong Number { get; private set; }

    internal AddressRange Range { get; private set; }

    /// <summary>Signals when the invalidation has ended, whether by commit or by back-off.</summary>
    internal Fence Ended { get; private set; }

    /// <summary>
    /// Whether subscribers may still be called. Set under the ledger's gate; cleared by a release, so that whoever reads false also sees
    /// everything that the callbacks did. Pairs with InvalidationLedger.IsScheduling.
    /// </summary>
    internal bool IsScheduling
    {
        get => Volatile.Read(ref _isScheduling);
        set => Volatile.Write(ref _isScheduling, value);
    }

    /// <summary>Under the ledger's gate.</summary>
    internal void Begin(ulong number, AddressRange range)
    {
        Number = number;
        Range = range;
        Ended = _rounds.Issue();
        IsScheduling = true;
    }

    /// <summary>Outside the ledger's gate: whoever waits for the end may run on this thread.</summary>
    internal void SignalEnded(Fence ended) => _rounds.Signal(ended);
}
