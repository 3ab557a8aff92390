// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// For a subscriber that maps through its subscription: what it has recently let go of, and what it has mapped since, so that it need not
/// be called twice.
/// </summary>
/// <remarks>
/// An attempt is valid for a range as long as no mapping was published into the range after it began. A publisher first records its range
/// and then reads the ledger; a schedule first enters the ledger and then reads this log, with a full fence on both sides:
/// <code>
/// publisher                                 schedule
/// ---------                                 --------
/// note the range               (store)      sequence = n + 1               (store, InvalidationLedger.BeginLocked)
/// full fence                                full fence                     (InvalidationNotifier.TryBegin)
/// sequence == mine?            (load)       anything noted in the range?   (load, TryReuse)
/// </code>
/// At least one sees the other: either the publisher starts again, or the schedule calls the subscriber.
/// </remarks>
internal sealed class AttemptLog
{
    // A sweep touches many ranges of one subscription before it comes back to the first. Forgetting an attempt only costs a needless call.
    private const int RememberedAttempts = 64;
    private const int RememberedPublications = 256;

    private readonly Lock _lock = new();
    private readonly Attempt[] _attempts = new Attempt[RememberedAttempts]; // a ring buffer, under the lock
    private readonly AddressRange[] _published = new AddressRange[RememberedPublications]; // a ring buffer; publication n is at n % Length
    private long _attemptCount;
    private ulong _publications;

    private struct Attempt
    {
        public AddressRange Range;
        public InvalidationReason Reason;
        public Fence Fence;
        public ulong Publications;
    }

    /// <summary>
    /// The number of publications, read before the subscriber is called and passed to <see cref="Record"/> after the call.
    /// </summary>
    internal ulong Publications
    {
        get
        {
            _lock.EnterShielded();
            ulong publications = _publications;
            _lock.Exit();
            return publications;
        }
    }

    /// <summary>Records a publication. Ends with a full fence, because the caller then reads the ledger.</summary>
    internal void NotePublication(AddressRange range)
    {
        _lock.EnterShielded();
        _publications++;
        _published[_publications % RememberedPublications] = range;
        _lock.Exit();
        Interlocked.MemoryBarrier();
    }

    /// <summary>Finds the fence of an attempt that is still valid for all of the range.</summary>
    internal bool TryReuse(AddressRange range, InvalidationReason reason, out Fence fence)
    {
        using InterruptShield.ShieldedScope scope = _lock.EnterShieldedScope();
        for (long age = 1; age <= Math.Min(_attemptCount, RememberedAttempts); age++)
        {
            ref readonly Attempt attempt = ref _attempts[(_attemptCount - age) % RememberedAttempts];
            if (attempt.Range.Contains(range)
                && IsAsStrong(attempt.Reason, reason)
                && !WasPublishedSinceLocked(range, attempt.Publications)
                && attempt.Fence.Status is FenceStatus.Pending or FenceStatus.Signaled)
            {
                fence = attempt.Fence;
                return true;
            }
        }

        fence = default;
        return false;
    }

    internal void Record(AddressRange range, InvalidationReason reason, Fence fence, ulong publications)
    {
        _lock.EnterShielded();
        ref Attempt attempt = ref _attempts[_attemptCount % RememberedAttempts];
        attempt.Range = range;
        attempt.Reason = reason;
        attempt.Fence = fence;
        attempt.Publications = publications;
        _attemptCount++;
        _lock.Exit();
    }

    /// <summary>
    /// Whether letting go for one reason covers another reason. Unmap and Release cover all; for other reasons the subscriber may have kept
    /// something.
    /// </summary>
    private static bool IsAsStrong(InvalidationReason done, InvalidationReason asked) =>
        done == asked || done is InvalidationReason.Unmap or InvalidationReason.Release;

    private bool WasPublishedSinceLocked(AddressRange range, ulong publications)
    {
        if (_publications - publications > RememberedPublications)
        {
            return true;
        }

        for (ulong later = publications + 1; later <= _publications; later++)
        {
            if (_published[later % RememberedPublications].Overlaps(range))
            {
                return true;
            }
        }

        return false;
    }
}
