// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.CrossDeviceDeadlock;

/// <summary>
/// The owner of the memory. A pool of a few pages that, when it runs dry, takes a page away from whoever uses it: invalidate, then reuse.
/// </summary>
internal sealed class BufferPool : IDisposable
{
    private const ulong PageSize = 4096;
    private readonly Lock _gate = new();
    private ulong _free;

    public BufferPool(ulong pages)
    {
        _free = pages;
        Range = new AddressRange(0, pages * PageSize);
    }

    public InvalidationNotifier Notifier { get; } = new("buffer pool");

    public AddressRange Range { get; }

    /// <summary>Takes a page; reclaims one when there is none.</summary>
    public void Rent()
    {
        FenceContract.MightAllocate();
        if (!TryTake())
        {
            Reclaim(Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Takes everything that is left, as another user of the pool would.</summary>
    public void RunDry()
    {
        while (TryTake())
        {
        }
    }

    /// <summary>Takes a page away from its users. One reclaimer at a time.</summary>
    public bool Reclaim(TimeSpan budget)
    {
        lock (_gate)
        {
            using (FenceContract.EnterReclaim())
            {
                if (!Notifier.TrySchedule(Range, InvalidationReason.Discard, out InvalidationSession session))
                {
                    return false;
                }

                using (session)
                {
                    if (session.Wait(budget) != InvalidationOutcome.Completed)
                    {
                        return false;
                    }

                    Interlocked.Increment(ref _free); // when the wait has completed, and before the commit
                    session.Commit();
                    return true;
                }
            }
        }
    }

    public void Dispose() => Notifier.Dispose();

    private bool TryTake()
    {
        ulong free = Volatile.Read(ref _free);
        while (free > 0)
        {
            ulong seen = Interlocked.CompareExchange(ref _free, free - 1, free);
            if (seen == free)
            {
                return true;
            }

            free = seen;
        }

        return false;
    }
}
