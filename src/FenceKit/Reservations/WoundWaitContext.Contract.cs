// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

// Reports of the context to the validator.
public sealed partial class WoundWaitContext
{
    // The validator's record that the context is held; null for none. Needs no lock, as a context is used by one thread at a time.
    private object? _contractHold;

    /// <summary>The validator's lock map for the context; null when the contract is not checked.</summary>
    internal object? ContractMap { get; }

    internal object HoldLock(object map, SetLockAttempt attempt) => FenceAnnotations.HoldSetLock(map, ContractMap, attempt, ref _contractHold);

    /// <summary>Moves the validator's records from the async method that took the locks to the flow of the method that awaited it.</summary>
    internal void AdoptHolds()
    {
        if (_contractHold is { } hold)
        {
            FenceAnnotations.AdoptSetLock(hold);
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

    /// <summary>Releases the validator's record of the context when the context holds no lock any longer.</summary>
    internal void AnnounceUnlocked()
    {
        if (HeldLocks <= 0 && _contractHold is { } hold)
        {
            _contractHold = null;
            FenceAnnotations.ReleaseSetLock(hold);
        }
    }

    private InvalidOperationException Broken(string message)
    {
        FenceContract.ReportProtocol(ContractMap, message);
        return new InvalidOperationException(message);
    }
}
