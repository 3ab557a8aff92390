// SPDX-License-Identifier: MIT
namespace FenceKit;

// What an invalidation knows about other invalidations whose ranges overlap its own. InvalidationLedger.Order.cs states the rule.
internal abstract partial class ActiveInvalidation
{
    /// <summary>The fault with which a committed invalidation ends for the later sessions that it superseded.</summary>
    internal static readonly InvalidOperationException Superseded = new(
        "An earlier invalidation was committed, and what it covered went with it: look what is left of the range, and schedule that anew.");

    private EarlierInvalidation[] _earlier = []; // written under the ledger's lock, before any other thread can see the session
    private int _earlierCount;
    private bool _isSuperseded;
    private ulong _lastFollower; // the number of the last invalidation that waits for this one; 0 for none. Under the ledger's lock

    /// <summary>
    /// The invalidations that overlapped this one and were open when it began. The session waits for them as it waits for any holder of the
    /// range.
    /// </summary>
    internal ReadOnlySpan<EarlierInvalidation> Earlier => _earlier.AsSpan(0, _earlierCount);

    /// <summary>
    /// Whether an earlier invalidation was committed and took contents of the range with it. Set under the ledger's lock, before the fence
    /// of the earlier invalidation is signaled, and never reset: a session that sees that fence complete and then reads this property sees
    /// the current value.
    /// </summary>
    internal bool IsSuperseded => Volatile.Read(ref _isSuperseded);

    /// <summary>Under the ledger's lock: whether a later invalidation waits for this one.</summary>
    internal bool IsWaitedForByLater => _lastFollower != 0;

    /// <summary>
    /// Set for a shutdown. A shutdown waits for earlier invalidations but is never superseded, because it asks for whatever is left of the
    /// range.
    /// </summary>
    internal bool TakesWhatIsLeft { get; set; }

    /// <summary>
    /// Whether a commit frees the contents of the range. For the other reasons the contents are still there for the next invalidation.
    /// </summary>
    internal bool TakesContents => Reason is not (InvalidationReason.Protect or InvalidationReason.Exclusive);

    /// <summary>Under the ledger's lock. An earlier invalidation is noted once, however many of its ranges overlap.</summary>
    internal void WaitForLocked(ActiveInvalidation earlier)
    {
        if (earlier._lastFollower == Number)
        {
            return;
        }

        earlier._lastFollower = Number;
        if (_earlierCount == _earlier.Length)
        {
            // The pooled object keeps its array, so this allocates during warm-up only.
            Array.Resize(ref _earlier, Math.Max(4, _earlierCount * 2));
        }

        _earlier[_earlierCount++] = new EarlierInvalidation(earlier.Cover, earlier.Reason, earlier.Place, earlier.Ended);
    }

    /// <summary>Under the ledger's lock: an earlier invalidation took contents of the range with it.</summary>
    internal void SupersedeLocked()
    {
        if (!TakesWhatIsLeft)
        {
            Volatile.Write(ref _isSuperseded, true);
        }
    }

    /// <summary>Under the ledger's lock, or while no other thread can reach the object.</summary>
    private protected void ForgetOthers()
    {
        if (_earlierCount != 0)
        {
            Array.Clear(_earlier, 0, _earlierCount);
            _earlierCount = 0;
        }

        _isSuperseded = false;
        _lastFollower = 0;
        TakesWhatIsLeft = false;
    }
}
