// SPDX-License-Identifier: MIT
namespace FenceKit;

// What an invalidation knows of others over a part of its range. The rule stands in InvalidationLedger.Order.cs.
internal abstract partial class ActiveInvalidation
{
    /// <summary>The fault of the end of one that was committed, for those that it superseded.</summary>
    internal static readonly InvalidOperationException Superseded = new(
        "An earlier invalidation was committed, and what it covered went with it: look what is left of the range, and schedule that anew.");

    private EarlierInvalidation[] _earlier = []; // written under the ledger's gate, before the session is anybody else's to use
    private int _earlierCount;
    private bool _isSuperseded;

    /// <summary>Those that were open over a part of the range when this one began. They are waited for like anybody who holds the range.</summary>
    internal ReadOnlySpan<EarlierInvalidation> Earlier => _earlier.AsSpan(0, _earlierCount);

    /// <summary>
    /// Whether an earlier one was committed and took contents of the range with it. Set under the ledger's gate, before the fence of the
    /// earlier one is signaled: whoever sees that complete, and looks here after it, sees this. Never taken back.
    /// </summary>
    internal bool IsSuperseded => Volatile.Read(ref _isSuperseded);

    /// <summary>Under the ledger's gate: whether a later one waits for this one.</summary>
    internal bool IsWaitedForByLater { get; private set; }

    /// <summary>A shutdown: it waits for earlier ones too, but is superseded by none, because it asks for what is left, whatever that is.</summary>
    internal bool TakesWhatIsLeft { get; set; }

    /// <summary>Whether a commit hands back what stood in the range. After the other reasons it is still there for the next one.</summary>
    internal bool TakesContents => Reason is not (InvalidationReason.Protect or InvalidationReason.Exclusive);

    /// <summary>Under the ledger's gate, where neither changes.</summary>
    internal bool Overlaps(ActiveInvalidation other)
    {
        foreach (AddressRange range in other.Ranges)
        {
            if (Overlaps(range))
            {
                return true;
            }
        }

        return false;
    }

    private bool Overlaps(AddressRange range)
    {
        ReadOnlySpan<AddressRange> ranges = Ranges; // sorted, with a gap between any two
        int low = 0;
        int high = ranges.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (ranges[middle].Overlaps(range))
            {
                return true;
            }

            if (ranges[middle].Start < range.Start)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return false;
    }

    /// <summary>Under the ledger's gate.</summary>
    internal void WaitForLocked(ActiveInvalidation earlier)
    {
        if (_earlierCount == _earlier.Length)
        {
            // The object keeps its size in the pool, so this ends after warm-up.
            Array.Resize(ref _earlier, Math.Max(4, _earlierCount * 2));
        }

        _earlier[_earlierCount++] = new EarlierInvalidation(earlier.Cover, earlier.Reason, earlier.Place, earlier.Ended);
        earlier.IsWaitedForByLater = true;
    }

    /// <summary>Under the ledger's gate.</summary>
    internal void SupersedeLocked() => Volatile.Write(ref _isSuperseded, true);

    /// <summary>Under the ledger's gate, or while nobody else has the object.</summary>
    private protected void ForgetOthers()
    {
        Array.Clear(_earlier, 0, _earlierCount);
        _earlierCount = 0;
        _isSuperseded = false;
        IsWaitedForByLater = false;
        TakesWhatIsLeft = false;
    }
}
