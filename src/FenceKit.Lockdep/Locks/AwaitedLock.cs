// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>A lock that is awaited, as its awaiter sees it.</summary>
internal interface IAwaitedLock<TResult>
{
    /// <summary>Turns a wait that has ended into what the caller gets.</summary>
    TResult Complete(bool isTaken, FlowNode? node, LockFlow? flow, LockAcquireMode mode);

    /// <summary>Gives the lock back that the validator did not let the caller have.</summary>
    void GiveBack(LockAcquireMode mode);
}

/// <summary>What the awaited locks have in common with the validator on: they announce, and hold once the wait is over.</summary>
internal sealed class AwaitedLock(LockMap map, LockValidator validator)
{
    public LockMap Map { get; } = map;

    public LockValidator Validator { get; } = validator;

    /// <summary>Says that a flow will wait. A try is announced when it has succeeded.</summary>
    public PendingHold Announce(LockFlow? flow, LockAcquireMode mode, int milliseconds, string? file, int line)
    {
        LockAttempt attempt = milliseconds == Timeout.Infinite ? LockAttempt.Blocking : milliseconds == 0 ? LockAttempt.Try : LockAttempt.Timed;
        AcquireShape shape = AcquireShape.Of(mode, attempt, Map.Subclass).AsOfFlow();
        var pending = new PendingHold(LockValidator.OwnKey(Map.Identity, shape, null, line), shape, file, line);
        if (attempt == LockAttempt.Try)
        {
            return pending;
        }

        if (flow is null)
        {
            Validator.Announce(Map, pending);
        }
        else
        {
            flow.Announce(Map, pending);
        }

        return pending;
    }

    public FlowNode? Hold(LockFlow? flow, in PendingHold pending)
    {
        if (flow is null)
        {
            return Validator.Hold(Map, pending);
        }

        flow.Hold(Map, pending);
        return null;
    }

    public static int Milliseconds(TimeSpan timeout)
    {
        long milliseconds = (long)timeout.TotalMilliseconds;
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, -1, nameof(timeout));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(milliseconds, int.MaxValue, nameof(timeout));
        return (int)milliseconds;
    }
}
