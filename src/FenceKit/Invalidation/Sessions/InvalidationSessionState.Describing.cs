// SPDX-License-Identifier: MIT
namespace FenceKit;

// What holds the end of a session up, for a WaitForGraph.
internal sealed partial class InvalidationSessionState
{
    public override void DescribeHolders(ulong point, List<FenceHolder> holders)
    {
        ulong version = Volatile.Read(ref _word) >> VersionShift;
        if (!TryEnter(version))
        {
            return; // in phase A, or over
        }

        try
        {
            if (Ended.Point != point)
            {
                return;
            }

            PendingInvalidation[] pending = new PendingInvalidation[CopyPending([])];
            int count = Math.Min(CopyPending(pending), pending.Length);
            string left = count == 0 ? "its owner" : string.Join(", ", pending.Take(count).Select(static holder => $"{holder.Subscription.Name} ({holder.Fence})"));
            holders.Add(new FenceHolder($"the invalidation of {Cover}, which waits for {left}"));
        }
        finally
        {
            Leave();
        }
    }
}
