// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// Mutual exclusion for a few instructions. One interlocked operation to enter and a plain store to leave: a third of what a lock costs. Never
/// sleeps, so it does not throw on an interrupted thread either; it yields the processor to a holder that was preempted.
/// </summary>
/// <remarks>
/// <para>A field that is not readonly; a copy is another lock. Leaving is a release, not a full fence: a load behind it may be done before the
/// stores inside it are seen. Code that needs that order says so with a barrier.</para>
/// <para>Not recursive. No code of a user's runs inside, nor a continuation: either may come back to the lock and would wait for itself.</para>
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

    /// <summary>Pairs with the interlocked operation of the next one to enter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Exit()
    {
        HeldLocks.Left();
        Volatile.Write(ref _state, Free);
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
}
