// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>A lock that gives itself back when it is disposed.</summary>
internal interface IHeldLock
{
    LockValidator? Validator { get; }

    void GiveBack(in LockHold hold);
}

/// <summary>A lock that an asynchronous flow holds, until this is disposed: by whom and on which thread does not matter.</summary>
/// <remarks>A value; of its copies dispose one, once. With the validator on, disposing it again does nothing.</remarks>
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

    /// <summary>False where a limited wait ran out: nothing is held then.</summary>
    public bool IsHeld => _lock is not null;

    /// <summary>The node of the flow that travels with the execution context, or a flow by name; null where nothing is followed.</summary>
    internal object? Holder { get; }

    internal LockAcquireMode Mode { get; }

    /// <summary>
    /// Says that the lock was handed to this method: what is taken here from now on is taken under it. Needed where an <c>async</c> method has taken
    /// the lock and returns it; what such a method holds is otherwise not seen by its caller. <c>using LockHold hold = (await TakeAsync()).Adopt();</c>
    /// </summary>
    /// <returns>The same hold.</returns>
    /// <remarks>Does not block; allocates a few bytes. Does nothing while the switch is off, for an explicit flow, and where the lock is seen already.</remarks>
    public LockHold Adopt()
    {
        if (Holder is FlowNode node)
        {
            _lock!.Validator!.Adopt(node);
        }

        return this;
    }

    /// <summary>Lets the lock go.</summary>
    /// <remarks>Does not block.</remarks>
    /// <exception cref="LockViolationException">A throwing sink is installed, and a task that was started under the lock turns out to be on its own. The lock is let go.</exception>
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
                held.GiveBack(this); // also where a sink throws
            }
        }
    }
}
