// SPDX-License-Identifier: MIT
namespace FenceKit;

// What an invalidation knows of others over a part of its range. The rule stands in InvalidationLedger.Order.cs.
internal abstract partial class ActiveInvalidation
{
    /// <summary>The fault of the end of one that was committed, for those that it superseded.</summary>
    internal static readonly InvalidOperationException Superseded = new(
        "An earlier invalidation was committed, and what it covered went with it: look what is left of the range, and schedule that anew.");

    private EarlierInvalidation[] _earlier = []; // written under the ledger's lock, before the session is anybody else's to use
    private int _earlierCount;
    private bool _isSuperseded;
    private ulong _lastFollower; // under the ledger's lock: the number of the last one that waits for this one; 0 for none

    /// <summary>Those that were open over a part of the range when this one began. They are waited for like anybody who holds the range.</summary>
    internal ReadOnlySpan<EarlierInvalidation> Earlier => _earlier.AsSpan(0, _earlierCount);

    /// <summary>
    /// Whether an earlier one was committed and took contents of the range with it. Set under the ledger's lock, before the fence of the
    /// earlier one is signaled: a session that sees that complete, and looks here after it, sees this. Never taken back.
    /// </summary>
    internal bool IsSuperseded => Volatile.Read(ref _isSuperseded);

    /// <summary>Under the ledger's lock: whether a later one waits for this one.</summary>
    internal bool IsWaitedForByLater => _lastFollower != 0;

    /// <summary>A shutdown: it waits for earlier ones too, but is superseded by none, because it asks for what is left, whatever that is.</summary>
    internal bool TakesWhatIsLeft { get; set; }

    /// <summary>Whether a commit hands back what stood in the range. After the other reasons it is still there for the next one.</summary>
    internal bool TakesContents => Reason is not (InvalidationReason.Protect or InvalidationReason.Exclusive);

    /// <summary>Under the ledger's lock. Several ranges of one are one to wait for.</summary>
    internal void WaitForLocked(ActiveInvalidation earlier)
    {
        if (earlier._lastFollower == Number)
        {
            return;
        }

        earlier._lastFollower = Number;
        if (_earlierCount == _earlier.Length)
        {
            // The object keeps its size in the pool, so this ends after warm-up.
            Array.Resize(ref _earlier, Math.Max(4, _earlierCount * 2));
        }

        _earlier[_earlierCount++] = new EarlierInvalidation(earlier.Cover, earlier.Reason, earlier.Place, earlier.Ended);
    }

    /// <summary>Under the ledger's lock: contents of the range have gone with an earlier one.</summary>
    internal void SupersedeLocked()
    {
        if (!TakesWhatIsLeft)
        {
            Volatile.Write(ref _isSuperseded, true);
        }
    }

    /// <summary>Under the ledger's lock, or while nobody else has the object.</summary>
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
