// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

// What the context tells the validator.
public sealed partial class WoundWaitContext
{
    // Who holds it in the validator's eyes. A context is used by one at a time, and so is this.
    private object? _contractHold;

    /// <summary>The context as the validator knows it; null when the contract is not checked.</summary>
    internal object? ContractMap { get; }

    internal object HoldLock(object map, SetLockAttempt attempt) => FenceAnnotations.HoldOfSet(map, ContractMap, attempt, ref _contractHold);

    /// <summary>The method that awaited the locks has them, instead of the method that took them.</summary>
    internal void AdoptHolds()
    {
        if (_contractHold is { } hold)
        {
            FenceAnnotations.AdoptOfSet(hold);
        }

        WoundWaitLock? first = _lastTaken;
        while (first?.TakenBefore is { } before)
        {
            first = before;
        }

        for (WoundWaitLock? held = first; held is not null; held = held.TakenAfter)
        {
            held.AdoptHold();
        }
    }

    /// <summary>Once nothing is held by it any more, it stops nobody.</summary>
    internal void AnnounceUnlocked()
    {
        if (HeldLocks <= 0 && _contractHold is { } hold)
        {
            _contractHold = null;
            FenceAnnotations.ReleaseOfSet(hold);
        }
    }

    private InvalidOperationException Broken(string message)
    {
        FenceContract.ReportProtocol(ContractMap, message);
        return new InvalidOperationException(message);
    }
}
