// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Reclaim.Devices;

/// <summary>
/// CPU threads as a subscriber: each announces when it begins and ends to look at memory, and an invalidation gets a fence that signals
/// when the last one who began before it has left.
/// </summary>
/// <remarks>
/// The point of the timeline is the epoch. A reader writes down the epoch it entered in; a point may be signaled once nobody is inside who
/// entered before it was issued. One who enters later asks <see cref="InvalidationSubscription.TryBeginRead"/> and turns back.
/// </remarks>
internal sealed class ReaderEpochs : IInvalidationSubscriber, IDisposable
{
    private const long Outside = 0;
    private const int Padding = 8; // a cache line for each reader, so that they do not disturb one another
    private readonly FenceTimeline _epochs = new("CPU readers");
    private readonly long[] _entered;

    public ReaderEpochs(int readers) => _entered = new long[(readers + 1) * Padding];

    public Visit Enter(int reader)
    {
        // The exchange is also the full fence that this needs. Pairs with the one in SignalWhatIsFree: either the scheduler sees us inside,
        // or we see its range as being invalidated.
        Interlocked.Exchange(ref EnteredBy(reader), (long)_epochs.Issued + 1);
        return new Visit(this, reader);
    }

    /// <inheritdoc/>
    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        fence = _epochs.Issue();
        SignalWhatIsFree();
        return true;
    }

    public void Dispose() => _epochs.Dispose();

    private void Leave(int reader)
    {
        Interlocked.Exchange(ref EnteredBy(reader), Outside);
        if (_epochs.Completed < _epochs.Issued)
        {
            SignalWhatIsFree();
        }
    }

    private void SignalWhatIsFree()
    {
        // Read before the readers are: whoever enters after that has entered after all of these points.
        long free = (long)_epochs.Issued;
        Interlocked.MemoryBarrier();
        for (int slot = Padding; slot < _entered.Length; slot += Padding)
        {
            long entered = Volatile.Read(ref _entered[slot]);
            if (entered != Outside)
            {
                free = Math.Min(free, entered - 1);
            }
        }

        _epochs.Signal((ulong)free);
    }

    private ref long EnteredBy(int reader) => ref _entered[(reader + 1) * Padding];

    /// <summary>The time that a reader spends inside.</summary>
    public readonly ref struct Visit(ReaderEpochs epochs, int reader) : IDisposable
    {
        public void Dispose() => epochs.Leave(reader);
    }
}
