// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// What all parties of a notifier agree on: which ranges are being invalidated now, and which have been since a reader began.
/// </summary>
/// <remarks>
/// <para>Readers and invalidations meet here. A reader of range R must not publish what it built if R was invalidated meanwhile:</para>
/// <code>
/// reader                                        invalidation of R
/// ------                                        -----------------
/// n = sequence; nobody active on R              enter R as active; sequence = n + 1      (under the gate)
/// build the mapping                             call the subscriber: tear down what is published
/// [ under the lock that the subscriber takes too:
///   sequence == n  → publish                      (the subscriber comes after and tears it down)
///   sequence != n and R touched → start again     (the subscriber has been, or will be and finds nothing) ]
/// </code>
/// <para>The gate is held for a few instructions and never while anything of a user's runs. Readers of other ranges do not take it: they
/// look at what is open, and at what has been, between two looks at a version that is odd while either changes. What they read in
/// between may be nonsense; then the version has moved on, and they ask again, under the gate. Both are trees, so a look takes O(log n)
/// in the number of open sessions and of places that have been invalidated.</para>
/// </remarks>
internal sealed partial class InvalidationLedger
{
    private const int LooksWithoutGate = 256; // far more than the height of a tree; a look that meets a change may go round in a circle

    private readonly Lock _gate = new();
    private readonly RangeTree<ActiveInvalidation> _open = new(); // every range that is being invalidated. Written under the gate
    private readonly RememberedRanges _recent; // written under the gate
    private ActiveInvalidation? _firstActive; // under the gate
    private int _version;    // odd while what is active or recent changes. Written under the gate
    private ulong _sequence; // the number of the last range whose invalidation began. Written under the gate, after Signals.Active

    internal InvalidationLedger(int remembered) => _recent = new RememberedRanges(remembered);

    /// <summary>What readers look at without a lock: how many are active (written under the gate), and whether anybody looks for readers.</summary>
    internal ReaderSignals Signals { get; } = new();

    internal int ActiveCount => Volatile.Read(ref Signals.Active);

    internal Lock Gate => _gate;

    /// <summary>Under the gate: from here on no reader begins on the range, and none that began before can publish into it.</summary>
    internal void BeginLocked(ActiveInvalidation invalidation)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "The ledger is written under its gate.");
        ulong number = _sequence;
        invalidation.Begin(number + 1);
        WaitForEarlierLocked(invalidation);
        BeginChangeLocked();
        invalidation.Previous = null;
        invalidation.Next = _firstActive;
        if (_firstActive is not null)
        {
            _firstActive.Previous = invalidation;
        }

        _firstActive = invalidation;
        ReadOnlySpan<AddressRange> ranges = invalidation.Ranges;
        for (int index = 0; index < ranges.Length; index++)
        {
            number++;
            invalidation.Nodes[index] = _open.Add(ranges[index], number, invalidation);
            _recent.Note(ranges[index], number);
        }

        // The count first: a reader that sees the new sequence must also see that somebody is active. Pairs with TryBeginRead,
        // and with ReaderSlot.TryEnterQuickly.
        Volatile.Write(ref Signals.Active, Signals.Active + 1);
        Volatile.Write(ref _sequence, number);
        EndChangeLocked();
    }

    /// <summary>Under the gate. The caller then signals <see cref="ActiveInvalidation.Ended"/>, outside it.</summary>
    /// <returns>Whether the end is a fault for those that waited for it.</returns>
    internal bool EndLocked(ActiveInvalidation invalidation, bool committed)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "The ledger is written under its gate.");
        BeginChangeLocked();
        foreach (int node in invalidation.Nodes)
        {
            _open.Remove(node);
        }

        if (invalidation.Previous is null)
        {
            _firstActive = invalidation.Next;
        }
        else
        {
            invalidation.Previous.Next = invalidation.Next;
        }

        if (invalidation.Next is not null)
        {
            invalidation.Next.Previous = invalidation.Previous;
        }

        invalidation.Next = null;
        invalidation.Previous = null;
        Volatile.Write(ref Signals.Active, Signals.Active - 1);
        EndChangeLocked();
        return committed && TrySupersedeLocked(invalidation);
    }

    /// <summary>The number for a reader that starts now; false, and whom to wait for, when the range is being invalidated.</summary>
    internal bool TryBeginRead(AddressRange range, out ulong number, out Fence blocker) => TryBeginRead(range, owner: null, out number, out blocker);

    /// <summary>As the other, for a reader that may read while its owner moves the range.</summary>
    internal bool TryBeginRead(AddressRange range, object? owner, out ulong number, out Fence blocker)
    {
        // Sequence, then count; BeginLocked writes them the other way round. So: a count of 0 means that all invalidations up to this
        // number have ended, and any later one has a higher number, which MustRetry will notice.
        number = Volatile.Read(ref _sequence);
        blocker = default;
        return Volatile.Read(ref Signals.Active) == 0 || TryEnter(range, ulong.MaxValue, InvalidationReasons.All, out number, out blocker, owner);
    }

    /// <summary>
    /// Whether none of the active invalidations up to a number, for these reasons, touches the range. Invalidations after the number that
    /// it gives find a reader who announced itself before the call: their process-wide barrier comes after their entry here, which the
    /// reader has not seen, so its announcement was made before the barrier.
    /// </summary>
    internal bool TryEnter(AddressRange range, ulong upTo, InvalidationReasons reasons, out ulong number, out Fence blocker, object? owner = null)
    {
        if (TryLook(range, upTo, reasons, owner, out number))
        {
            blocker = default;
            return true;
        }

        _gate.EnterShielded();
        try
        {
            number = _sequence;
            Blocking blocking = new(upTo, reasons, owner);
            int node = _open.Find(range, after: 0, ref blocking, int.MaxValue, out _);
            blocker = node == 0 ? default : _open.ItemOf(node)!.Ended;
            return node == 0;
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>
    /// Of the invalidations for which <see cref="TryEnter"/> says no, one that the calling thread holds itself; null when there is none.
    /// For those who are about to wait: it looks under the gate.
    /// </summary>
    internal ActiveInvalidation? FindHeldHere(AddressRange range, ulong upTo, InvalidationReasons reasons)
    {
        _gate.EnterShielded();
        try
        {
            HeldHere held = new(upTo, reasons);
            int node = _open.Find(range, after: 0, ref held, int.MaxValue, out _);
            return node == 0 ? null : _open.ItemOf(node);
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>Whether an invalidation that began after <paramref name="number"/> touches the range. May say true without need, never false.</summary>
    internal bool MustRetry(AddressRange range, ulong number)
    {
        // Acquire: pairs with the release in BeginLocked, for readers that hold no lock in common with the subscriber.
        return Volatile.Read(ref _sequence) != number && WasTouchedSince(range, number);
    }

    /// <summary>Whether an invalidation up to a number is still calling its subscribers. Pairs with the release of IsScheduling.</summary>
    internal bool IsScheduling(ulong upTo)
    {
        _gate.EnterShielded();
        try
        {
            for (ActiveInvalidation? active = _firstActive; active is not null; active = active.Next)
            {
                if (active.Number <= upTo && active.IsScheduling)
                {
                    return true;
                }
            }

            return false;
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>Under the gate.</summary>
    internal ulong SequenceLocked => _sequence;

    /// <summary>As <see cref="TryEnter"/>, without the gate. False: ask under it.</summary>
    private bool TryLook(AddressRange range, ulong upTo, InvalidationReasons reasons, object? owner, out ulong number)
    {
        int version = Volatile.Read(ref _version); // acquire: with BeginChangeLocked and EndChangeLocked
        number = _sequence;
        if ((version & 1) != 0)
        {
            return false;
        }

        Blocking blocking = new(upTo, reasons, owner);
        if (_open.Find(range, after: 0, ref blocking, LooksWithoutGate, out bool isSure) != 0 || !isSure)
        {
            return false;
        }

        Volatile.ReadBarrier();
        return Volatile.Read(ref _version) == version;
    }

    /// <summary>Plain stores, kept apart by a barrier: the version is odd before anything changes. Pairs with the looks, as its twin does.</summary>
    private void BeginChangeLocked()
    {
        _version++;
        Volatile.WriteBarrier();
    }

    /// <summary>Whoever sees the even version sees the change.</summary>
    private void EndChangeLocked()
    {
        Volatile.WriteBarrier();
        _version++;
    }

    /// <summary>As <see cref="WasTouchedSince"/>, without the gate. False: nothing is known, ask under it.</summary>
    private bool TryLookBack(AddressRange range, ulong number, out bool wasTouched)
    {
        int version = Volatile.Read(ref _version);
        wasTouched = _recent.WasTouched(range, number, LooksWithoutGate, out bool isSure);
        Volatile.ReadBarrier();
        return isSure && (version & 1) == 0 && Volatile.Read(ref _version) == version;
    }

    private bool WasTouchedSince(AddressRange range, ulong number)
    {
        if (TryLookBack(range, number, out bool wasTouched))
        {
            return wasTouched;
        }

        _gate.EnterShielded();
        try
        {
            return _recent.WasTouched(range, number, int.MaxValue, out _);
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>Those that keep a reader out who came in when the last number was <paramref name="upTo"/>.</summary>
    private readonly struct Blocking(ulong upTo, InvalidationReasons reasons, object? owner) : IRangeFilter<ActiveInvalidation>
    {
        public bool Accepts(ulong number, ActiveInvalidation? item) => number <= upTo && (item is null || (item.IsFor(reasons) && !item.PassesOver(owner)));
    }

    /// <summary>Of those, the ones that the calling thread holds. Under the gate only.</summary>
    private readonly struct HeldHere(ulong upTo, InvalidationReasons reasons) : IRangeFilter<ActiveInvalidation>
    {
        public bool Accepts(ulong number, ActiveInvalidation? item) => number <= upTo && item!.IsHeldHere && item.IsFor(reasons);
    }
}
