// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// What a subscriber that maps through its subscription has let go of lately, and what it has mapped since: so that it need not be
/// told twice.
/// </summary>
/// <remarks>
/// An attempt is good for a range as long as nothing was published into the range after it began. A publisher notes its range first and
/// looks at the ledger second; a schedule enters the ledger first and looks here second, with a full fence on both sides:
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
    // A sweep touches many ranges of one subscription before it comes round again; one that forgets only asks once too often.
    private const int RememberedAttempts = 64;
    private const int RememberedPublications = 256;

    private readonly Lock _lock = new();
    private readonly Attempt[] _attempts = new Attempt[RememberedAttempts]; // a ring, under the lock
    private readonly AddressRange[] _published = new AddressRange[RememberedPublications]; // a ring; publication n stands at n % Length
    private long _attemptCount;
    private ulong _publications;

    private struct Attempt
    {
        public AddressRange Range;
        public InvalidationReason Reason;
        public Fence Fence;
        public ulong Publications;
    }

    /// <summary>To be read before the subscriber is called, and given to <see cref="Record"/> after it.</summary>
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

    /// <summary>Ends with a full fence: the caller looks at the ledger next.</summary>
    internal void NotePublication(AddressRange range)
    {
        _lock.EnterShielded();
        _publications++;
        _published[_publications % RememberedPublications] = range;
        _lock.Exit();
        Interlocked.MemoryBarrier();
    }

    /// <summary>The fence of an attempt that still stands for all of the range.</summary>
    internal bool TryReuse(AddressRange range, InvalidationReason reason, out Fence fence)
    {
        _lock.EnterShielded();
        try
        {
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
        finally
        {
            _lock.Exit();
        }
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

    /// <summary>A subscriber that has let go for good has also let go for less; it may have kept something back for other reasons.</summary>
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
