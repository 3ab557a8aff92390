// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>An awaited lock, as its awaiter uses it.</summary>
internal interface IAwaitedLock<TResult>
{
    /// <summary>Converts a finished wait into the caller's result.</summary>
    TResult Complete(bool isTaken, FlowNode? node, LockFlow? flow, LockAcquireMode mode);

    /// <summary>Releases the lock when the validator has refused it to the caller.</summary>
    void GiveBack(LockAcquireMode mode);
}

/// <summary>
/// The common part of awaited locks while the validator is enabled: announces waits, and records the hold when a wait is over.
/// </summary>
internal sealed class AwaitedLock(LockMap map, LockValidator validator)
{
    private readonly PendingWait?[] _waits = new PendingWait?[4]; // A cache by source line, so that a repeated wait allocates nothing.

    public LockMap Map { get; } = map;

    public LockValidator Validator { get; } = validator;

    /// <summary>Announces that a flow will wait. A try is recorded when it has succeeded.</summary>
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
        ref PendingWait? slot = ref _waits[line & (_waits.Length - 1)];
        PendingWait? known = Volatile.Read(ref slot); // pairs with the write below: a reference that is seen leads to a complete object
        if (known is null || known.Hold.Line != line || known.Hold.Shape.Bits != shape.Bits || !ReferenceEquals(known.Hold.File, file) || !ReferenceEquals(known.Flow, flow))
        {
            ulong own = LockValidator.OwnKey(Map.Identity, shape, null, line);
            known = new PendingWait(this, flow, new PendingHold(own, shape, file, line));
            Volatile.Write(ref slot, known); // pairs with the read above
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

/// <summary>
/// The parameters of a wait. Immutable and shared by all waits at one source line, so that an await carries a single reference.
/// </summary>
internal sealed class PendingWait(AwaitedLock? awaited, LockFlow? flow, PendingHold hold)
{
    private readonly PendingHold _hold = hold;

    /// <summary>The wait of a reader while the validator is disabled: leaving needs the mode.</summary>
    public static readonly PendingWait OfReader = new(null, null, new PendingHold(0, AcquireShape.Of(LockAcquireMode.Shared), null, 0));

    /// <summary>The awaited lock; null while the validator is disabled.</summary>
    public AwaitedLock? Awaited { get; } = awaited;

    public LockFlow? Flow { get; } = flow;

    public ref readonly PendingHold Hold => ref _hold;
}
