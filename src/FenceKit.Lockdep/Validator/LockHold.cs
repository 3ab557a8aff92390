// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>A lock that can release a <see cref="LockHold"/>.</summary>
internal interface IHeldLock
{
    LockValidator? Validator { get; }

    void GiveBack(in LockHold hold);
}

/// <summary>A lock that an asynchronous flow holds until this value is disposed, by any code on any thread.</summary>
/// <remarks>A value type; dispose one of its copies, once. With the validator enabled, disposing it again does nothing.</remarks>
[DebuggerDisplay("held: {IsHeld}")]
public readonly struct LockHold : IDisposable
{
    private readonly IHeldLock? _lock;

    internal LockHold(IHeldLock @lock, object? holder, LockAcquireMode mode)
    {
        _lock = @lock;
        Holder = holder;
        Mode = mode;
    }

    /// <summary>False when a wait with a limit timed out: no lock is held then.</summary>
    public bool IsHeld => _lock is not null;

    /// <summary>The flow node in the execution context, or a <c>LockFlow</c>; null when the hold is not tracked.</summary>
    internal object? Holder { get; }

    internal LockAcquireMode Mode { get; }

    /// <summary>
    /// Announces that the lock was transferred to this method: what this method acquires from now on is checked against it. Needed where an
    /// <c>async</c> method has acquired the lock and returns it, because the execution context of such a method does not reach its caller.
    /// <c>using LockHold hold = (await TakeAsync()).Adopt();</c>
    /// </summary>
    /// <returns>The same hold.</returns>
    /// <remarks>
    /// Does not block; allocates a few bytes. Does nothing while the validator is disabled, for a <c>LockFlow</c>, and when the lock
    /// is already visible here.
    /// </remarks>
    public LockHold Adopt()
    {
        if (Holder is FlowNode node)
        {
            _lock!.Validator!.Adopt(node);
        }

        return this;
    }

    /// <summary>Releases the lock.</summary>
    /// <remarks>Does not block.</remarks>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed, and it turns out that a task which was started under the lock is not waited for. The lock is released.
    /// </exception>
    public void Dispose()
    {
        if (_lock is not { } held)
        {
            return;
        }

        bool isOurs = true;
        try
        {
            isOurs = Holder is not FlowNode node || held.Validator!.ReleaseHold(node);
        }
        finally
        {
            if (isOurs)
            {
                held.GiveBack(this); // also when a sink throws
            }
        }
    }
}
