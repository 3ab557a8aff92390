// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// The one word that a <see cref="FenceTimeline"/> consists of, and the only code that writes it: bits 63..2 are the completed point, bit 1 says
/// that callbacks wait, bit 0 is a spin lock over the list of those who wait and over the fault log.
/// </summary>
/// <remarks>
/// <code>
/// lock waiters  meaning                                     who may change the word
/// ---- -------  ------------------------------------------  ---------------------------------------------------
///  0      0     idle: nobody waits                          anyone by CAS; a plain signal just moves the counter
///  0      1     callbacks wait, nobody edits the list       anyone by CAS that takes the lock bit; a plain signal
///                                                           moves the counter and takes the lock bit in the same CAS
///  1      *     one thread edits the list or the fault log  that thread only, by one release store that clears the bit
///
/// from              to             by
/// ----------------  -------------  ----------------------------------------------------------------
/// idle              further on     TryMove: a signal that has nobody to run
/// idle              locked         TryEnterIdle: somebody comes to wait
/// any, not locked   locked         Enter, TryEnter; TryMoveAndEnter together with the signal that moves the counter
/// locked            not locked     Leave: a release of all that was done under the lock bit
/// </code>
/// Because counter, waiters and lock share a word, "did I publish my callback before the signal?" has one answer, given by one CAS.
/// With two words it would be a store/load race that needs a full fence on both sides.
/// A fence compares with the point shifted by <see cref="PointShift"/>: the two flags are below every point, so a poll needs no mask.
/// </remarks>
internal struct TimelineState
{
    internal const int PointShift = 2;

    /// <summary>The bits below every point.</summary>
    internal const ulong Flags = Locked | Waiters;

    /// <summary>The largest point; a poisoned timeline stands here.</summary>
    internal const ulong MaxPoint = ulong.MaxValue >> PointShift;

    /// <summary>Points that can be issued stop halfway, so that counting by one can never run into <see cref="MaxPoint"/>.</summary>
    internal const ulong MaxIssuedByCount = MaxPoint / 2;

    private const ulong Locked = 1;
    private const ulong Waiters = 2;

    private ulong _word;

    internal static ulong TargetOf(ulong point) => point << PointShift;

    internal static ulong PointOf(ulong state) => state >> PointShift;

    /// <summary>True when the counter has reached <paramref name="target"/>, whatever the flags.</summary>
    internal static bool HasReached(ulong state, ulong target) => state >= target;

    /// <summary>Nobody waits, and nobody has the lock bit.</summary>
    internal static bool IsIdle(ulong state) => (state & Flags) == 0;

    internal static bool IsLocked(ulong state) => (state & Locked) != 0;

    internal static bool HasWaiters(ulong state) => (state & Waiters) != 0;

    /// <summary>An acquire: pairs with <see cref="Leave"/> and with every CAS below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly ulong Read() => Volatile.Read(in _word);

    /// <summary>One try to move the counter, where nobody waits. A release; pairs with the acquire in <see cref="Read"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryMove(ulong seen, ulong target) => Interlocked.CompareExchange(ref _word, target, seen) == seen;

    /// <summary>One try to move the counter from a word that was not read but guessed; tells how it really was.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryMove(ulong guess, ulong target, out ulong seen)
    {
        seen = Interlocked.CompareExchange(ref _word, target, guess);
        return seen == guess;
    }

    /// <summary>One try to move the counter past a waiter; the signaler has the lock bit then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryMoveAndEnter(ulong seen, ulong target) => TryLock(seen, target | Flags);

    /// <summary>One try to take the lock bit for a waiter that comes to a point, where nobody waits and the point is still to come.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryEnterIdle(ulong target, out ulong seen)
    {
        seen = Read();
        return !HasReached(seen, target) && IsIdle(seen) && TryLock(seen, seen | Locked);
    }

    /// <summary>Takes the lock bit.</summary>
    /// <returns>The word as it was, without the lock bit.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong Enter()
    {
        ulong seen = Read();
        return !IsLocked(seen) && TryLock(seen, seen | Locked) ? seen : EnterContended();
    }

    /// <summary>Leaves the lock bit with the counter of <paramref name="state"/>. A release of all that was done under it.</summary>
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
