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
    private readonly PendingWait?[] _waits = new PendingWait?[4]; // by line: a place that is come to again needs nothing new

    public LockMap Map { get; } = map;

    public LockValidator Validator { get; } = validator;

    /// <summary>Says that a flow will wait. A try is announced when it has succeeded.</summary>
    public PendingWait Announce(LockFlow? flow, LockAcquireMode mode, int milliseconds, string? file, int line)
    {
        LockAttempt attempt = milliseconds == Timeout.Infinite ? LockAttempt.Blocking : milliseconds == 0 ? LockAttempt.Try : LockAttempt.Timed;
        PendingWait wait = WaitOf(flow, AcquireShape.Of(mode, attempt, Map.Subclass).AsOfFlow(), file, line);
        if (attempt == LockAttempt.Try)
        {
            return wait;
        }

        if (flow is null)
        {
            Validator.Announce(Map, wait.Hold);
        }
        else
        {
            flow.Announce(Map, wait.Hold);
        }

        return wait;
    }

    public FlowNode? Hold(PendingWait wait)
    {
        if (wait.Flow is null)
        {
            return Validator.Hold(Map, wait.Hold);
        }

        wait.Flow.Hold(Map, wait.Hold);
        return null;
    }

    private PendingWait WaitOf(LockFlow? flow, AcquireShape shape, string? file, int line)
    {
        ulong own = LockValidator.OwnKey(Map.Identity, shape, null, line);
        ref PendingWait? slot = ref _waits[line & (_waits.Length - 1)];
        PendingWait? known = Volatile.Read(ref slot); // pairs with the write below: it is whole when it is seen
        if (known is null || known.Hold.Own != own || !ReferenceEquals(known.Hold.File, file) || !ReferenceEquals(known.Flow, flow))
        {
            known = new PendingWait(this, flow, new PendingHold(own, shape, file, line));
            Volatile.Write(ref slot, known);
        }

        return known;
    }

    public static int Milliseconds(TimeSpan timeout)
    {
        long milliseconds = (long)timeout.TotalMilliseconds;
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, -1, nameof(timeout));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(milliseconds, int.MaxValue, nameof(timeout));
        return (int)milliseconds;
    }
}

/// <summary>How a lock is waited for. Immutable, and one for all waits at one place, so that what an await carries along is small.</summary>
internal sealed class PendingWait(AwaitedLock? awaited, LockFlow? flow, PendingHold hold)
{
    private readonly PendingHold _hold = hold;

    /// <summary>What a reader has to remember to leave, while the switch is off.</summary>
    public static readonly PendingWait OfReader = new(null, null, new PendingHold(0, AcquireShape.Of(LockAcquireMode.Shared), null, 0));

    /// <summary>The lock that is waited for; null while the switch is off.</summary>
    public AwaitedLock? Awaited { get; } = awaited;

    public LockFlow? Flow { get; } = flow;

    public ref readonly PendingHold Hold => ref _hold;
}
