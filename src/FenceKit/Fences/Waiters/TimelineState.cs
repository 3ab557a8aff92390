// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// The state word of a <see cref="FenceTimeline"/>, and the only code that writes it. Bits 63..2 are the completed point, bit 1 tells that
/// there are waiters, and bit 0 is a spin lock that guards the list of waiters and the fault log.
/// </summary>
/// <remarks>
/// <code>
/// lock waiters  meaning                                     who may change the word
/// ---- -------  ------------------------------------------  ---------------------------------------------------
///  0      0     idle: nobody waits                          anyone by CAS; a plain signal just moves the counter
///  0      1     there are waiters, nobody edits the list    anyone by CAS that takes the lock bit; a plain signal
///                                                           moves the counter and takes the lock bit in the same CAS
///  1      *     one thread edits the list or the fault log  that thread only, by one release store that clears the bit
///
/// from              to             by
/// ----------------  -------------  ----------------------------------------------------------------
/// idle              idle           TryMove: a signal without waiters
/// idle              locked         TryEnterIdle: the first waiter is added
/// any, not locked   locked         Enter, TryEnter; TryMoveAndEnter together with the signal that moves the counter
/// locked            not locked     Leave: releases all stores that were made under the lock bit
/// </code>
/// Because counter, flag and lock share a word, a single CAS decides whether a callback was added before a signal. With two words that would
/// be a store/load race, which needs a full fence on both sides. A fence compares the word with its point shifted by
/// <see cref="PointShift"/>. The two flags are below every point, so a poll needs no mask.
/// </remarks>
internal struct TimelineState
{
    internal const int PointShift = 2;

    /// <summary>The two flags, which are below every point.</summary>
    internal const ulong Flags = Locked | Waiters;

    /// <summary>The largest point, which is the counter of a poisoned timeline.</summary>
    internal const ulong MaxPoint = ulong.MaxValue >> PointShift;

    /// <summary>The largest point that can be issued: half of <see cref="MaxPoint"/>, so that counting by one can never reach that.</summary>
    internal const ulong MaxIssuedByCount = MaxPoint / 2;

    private const ulong Locked = 1;
    private const ulong Waiters = 2;

    private ulong _word;

    internal static ulong TargetOf(ulong point) => point << PointShift;

    internal static ulong PointOf(ulong state) => state >> PointShift;

    /// <summary>Whether the counter has reached <paramref name="target"/>. The flags make no difference.</summary>
    internal static bool HasReached(ulong state, ulong target) => state >= target;

    /// <summary>Whether there are no waiters, and the lock bit is free.</summary>
    internal static bool IsIdle(ulong state) => (state & Flags) == 0;

    internal static bool IsLocked(ulong state) => (state & Locked) != 0;

    internal static bool HasWaiters(ulong state) => (state & Waiters) != 0;

    /// <summary>Reads the word. An acquire; pairs with <see cref="Leave"/> and with every CAS below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly ulong Read() => Volatile.Read(in _word);

    /// <summary>Tries once to move the counter of an idle word. A release; pairs with the acquire in <see cref="Read"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryMove(ulong seen, ulong target) => Interlocked.CompareExchange(ref _word, target, seen) == seen;

    /// <summary>Tries once to move the counter from a guessed word, and returns the real one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryMove(ulong guess, ulong target, out ulong seen)
    {
        seen = Interlocked.CompareExchange(ref _word, target, guess);
        return seen == guess;
    }

    /// <summary>Tries once to move the counter when there are waiters, and to take the lock bit in the same step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryMoveAndEnter(ulong seen, ulong target) => TryLock(seen, target | Flags);

    /// <summary>Tries once to take the lock bit for a new waiter, if the word is idle and the point is pending.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryEnterIdle(ulong target, out ulong seen)
    {
        seen = Read();
        return !HasReached(seen, target) && IsIdle(seen) && TryLock(seen, seen | Locked);
    }

    /// <summary>Takes the lock bit.</summary>
    /// <returns>The word before, without the lock bit.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong Enter()
    {
        ulong seen = Read();
        return !IsLocked(seen) && TryLock(seen, seen | Locked) ? seen : EnterContended();
    }

    /// <summary>
    /// Releases the lock bit, and sets the counter to that of <paramref name="state"/>. Releases all stores that were made under the lock
    /// bit.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Leave(ulong state, bool hasWaiters)
    {
        HeldLocks.Left();
        Volatile.Write(ref _word, (state & ~Flags) | (hasWaiters ? Waiters : 0));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong EnterContended()
    {
        SpinBackoff backoff = default;
        while (true)
        {
            backoff.Once();
            ulong seen = Read();
            if (!IsLocked(seen) && TryLock(seen, seen | Locked))
            {
                return seen;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryLock(ulong seen, ulong locked)
    {
        if (Interlocked.CompareExchange(ref _word, locked, seen) != seen)
        {
            return false;
        }

        HeldLocks.Entered();
        return true;
    }
}
