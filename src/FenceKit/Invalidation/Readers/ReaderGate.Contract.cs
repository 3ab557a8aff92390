// SPDX-License-Identifier: MIT
namespace FenceKit;

// What the gate tells the validator: entering may wait for the end of a session, and sessions wait for readers that are inside.
public sealed partial class ReaderGate
{
    internal bool EnterChecked(ReaderSlot slot, AddressRange range, TimeSpan budget, CancellationToken cancellationToken)
    {
        // An inner scope parks only behind invalidations that do not wait for this reader.
        bool isOutermost = Volatile.Read(ref slot.Depth) == 0;
        if (isOutermost && _newReaders == NewReaders.Park && budget != TimeSpan.Zero)
        {
            FenceContract.WaitForSession(_subscription.Sessions);
        }

        bool entered = slot.TryEnterQuickly() || EnterSlowly(slot, range, budget, cancellationToken);
        if (entered && isOutermost)
        {
            FenceContract.EnterReading(_roster.ContractMap);
        }

        return entered;
    }

    private void AnnounceEnterAsync(TimeSpan budget)
    {
        if (_newReaders == NewReaders.Park && budget != TimeSpan.Zero)
        {
            FenceContract.AwaitSession(_subscription.Sessions);
        }
    }
}
