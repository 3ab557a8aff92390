// SPDX-License-Identifier: MIT
namespace FenceKit;

// Describes the holders: for owners, for messages, and for a WaitForGraph.
internal sealed partial class InvalidationSessionState
{
    /// <summary>Lists earlier sessions first: their outcome decides whether the rest matters.</summary>
    internal int CopyPending(Span<PendingInvalidation> destination)
    {
        int count = 0;
        foreach (ref readonly EarlierInvalidation earlier in Earlier)
        {
            FenceStatus status = earlier.Ended.GetStatus(out Exception? error);
            if (status == FenceStatus.Pending || (status != FenceStatus.Signaled && IsSuperseded))
            {
                Add(new PendingInvalidation(null, earlier.Ended, default, error) { Earlier = earlier }, destination, ref count);
            }
        }

        for (int index = 0; index < _holderCount; index++)
        {
            ref readonly Holder holder = ref _holders[index];
            FenceStatus status = holder.Fence.GetStatus(out Exception? error);
            if (holder.Thrown is null && (Volatile.Read(in holder.Done) || (status != FenceStatus.Pending && !IsFailure(holder.Fence, status))))
            {
                continue;
            }

            Add(new PendingInvalidation(holder.Subscription, holder.Fence, default, holder.Thrown ?? error), destination, ref count);
        }

        return count;
    }

    private void Add(in PendingInvalidation holder, Span<PendingInvalidation> destination, ref int count)
    {
        if (count < destination.Length)
        {
            destination[count] = holder with { Held = _clock.GetElapsedTime(_scheduled) };
        }

        count++;
    }

    /// <summary>Why the session cannot complete any more; null if it can.</summary>
    internal Exception? FindError()
    {
        if (IsSuperseded)
        {
            return Superseded;
        }

        for (int index = 0; index < _holderCount; index++)
        {
            ref readonly Holder holder = ref _holders[index];
            if (holder.Thrown is not null)
            {
                return holder.Thrown;
            }

            if (IsFailure(holder.Fence, holder.Fence.Status) && !Volatile.Read(in holder.Done))
            {
                return holder.Fence.Failure;
            }
        }

        return null;
    }

    /// <summary>The message of a commit that comes too early.</summary>
    internal string DescribeWhyNotComplete(InvalidationOutcome outcome)
    {
        string what = $"The invalidation of {Cover} ({Reason}) by {Name}, scheduled at {Place}, cannot be committed";
        return outcome switch
        {
            InvalidationOutcome.Superseded => $"{what}: an earlier one has taken contents of the range. Back off, and look what is left. In the way: {DescribeHolders()}.",
            InvalidationOutcome.Faulted => $"{what}: a subscriber failed to let go of the range. Back off. In the way: {DescribeHolders()}.",
            _ => $"{what}: the range is still in use. Wait, or back off. In the way: {DescribeHolders()}.",
        };
    }

    public override void DescribeHolders(ulong point, List<FenceHolder> holders)
    {
        ulong version = Volatile.Read(ref _word) >> VersionShift;
        if (!TryEnter(version))
        {
            return; // in phase A, or ended
        }

        try
        {
            if (Ended.Point == point)
            {
                holders.Add(new FenceHolder($"the invalidation of {Cover}, which waits for {DescribeHolders()}", place: Place.File is null ? null : Place.ToString()));
            }
        }
        finally
        {
            Leave();
        }
    }

    private string DescribeHolders()
    {
        const int Named = 16;
        PendingInvalidation[] pending = new PendingInvalidation[Named];
        int count = CopyPending(pending);
        if (count == 0)
        {
            return "its owner";
        }

        string named = string.Join(", ", pending.Take(Math.Min(count, Named)));
        return count > Named ? $"{named}, and {count - Named} more" : named;
    }
}
