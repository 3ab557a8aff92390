// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// A spin lock for critical sections of a few instructions. Entering is one interlocked operation and leaving one plain store, a third of the
/// cost of a <see cref="Lock"/>. A waiting thread never sleeps, so it does not throw when it was interrupted; it yields the processor to a
/// preempted holder.
/// </summary>
/// <remarks>
/// <para>Declare it as a field that is not readonly, and do not copy it. Leaving is a release, not a full fence: a load after Exit may be
/// executed before the stores inside are visible. Code that needs this order has its own barrier.</para>
/// <para>Not recursive. User code and continuations must not run inside: they may enter the lock again, which deadlocks.</para>
/// </remarks>
internal struct SpinningLock
{
    private const int Free = 0;
    private const int Held = 1;

    private int _state;

    internal readonly bool IsHeld => Volatile.Read(in _state) == Held;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Enter()
    {
        if (Interlocked.CompareExchange(ref _state, Held, Free) != Free)
        {
            EnterContended();
        }

        HeldLocks.Entered();
    }

    /// <summary>Leaves the lock. Pairs with the interlocked operation of the next <see cref="Enter"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Exit()
    {
        HeldLocks.Left();
        Volatile.Write(ref _state, Free);
    }

    /// <summary>Enters the lock until the scope is disposed.</summary>
    [UnscopedRef]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Scope EnterScope()
    {
        Enter();
        return new Scope(ref this);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EnterContended()
    {
        SpinBackoff backoff = default;
        do
        {
            backoff.Once();
        }
        while (Volatile.Read(ref _state) == Held || Interlocked.CompareExchange(ref _state, Held, Free) != Free);
    }
    /// <summary>Leaves the lock when it is disposed.</summary>
    internal readonly ref struct Scope(ref SpinningLock entered)
    {
        private readonly ref SpinningLock _entered = ref entered;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Dispose() => _entered.Exit();
    }
}
