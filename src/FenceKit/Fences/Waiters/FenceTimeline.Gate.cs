// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// The word of the timeline (TimelineState has its table): everything that writes it is here. The gate is a bit in it, over the list of those who
// wait and over the fault log.
//
//   from             to               by
//   ---------------  ---------------  ------------------------------------------------------------------------------------------
//   nobody waits     further on       TryMove, TryGuess: a signal that has nobody to run
//   nobody waits     gate held        TryEnterQuiet: somebody comes to wait
//   any, gate free   gate held        EnterGate; TryTakeGate, also together with the signal that moves the counter
//   gate held        gate free        LeaveGate, LeaveGateWith: a release of all that was done under it
public partial class FenceTimeline
{
    /// <summary>One try to move the counter, where nobody waits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryMove(ulong seen, ulong target) => Interlocked.CompareExchange(ref _hot.State, target, seen) == seen;

    /// <summary>As <see cref="TryMove"/>, from a word that was not read but guessed; tells how it really was.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryGuess(ulong guess, ulong target, out ulong seen)
    {
        seen = Interlocked.CompareExchange(ref _hot.State, target, guess);
        return seen == guess;
    }

    /// <summary>Takes the spin gate and returns the word as it was, without the gate bit. Who waits is in the list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong EnterGate() => EnterGate(Volatile.Read(ref _hot.State));

    /// <inheritdoc cref="EnterGate()"/>
    /// <param name="state">The word as it was a moment ago.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong EnterGate(ulong state)
    {
        if (TimelineState.IsGateHeld(state) || !TryTakeGate(state | TimelineState.Gate, state))
        {
            state = SpinForGate();
        }

        Unseat(state);
        return state;
    }

    /// <summary>Takes the gate for a point that is still to come, if nobody waits. One try.</summary>
    /// <param name="target">The point.</param>
    /// <param name="state">The word without the gate; when it was not taken, as it was a moment ago.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryEnterQuiet(ulong target, out ulong state)
    {
        state = Volatile.Read(ref _hot.State);
        if (TimelineState.HasReached(state, target) || !TimelineState.IsQuiet(state))
        {
            return false;
        }

        ulong seen = Interlocked.CompareExchange(ref _hot.State, state + TimelineState.Gate, state);
        if (seen == state)
        {
            HeldGates.Entered();
            return true;
        }

        state = seen;
        return false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong SpinForGate()
    {
        SpinBackoff backoff = default;
        while (true)
        {
            backoff.Once();
            ulong state = Volatile.Read(ref _hot.State);
            if (!TimelineState.IsGateHeld(state) && TryTakeGate(state | TimelineState.Gate, state))
            {
                return state;
            }
        }
    }

    /// <summary>Leaves the gate with the counter of <paramref name="state"/>. Nobody else may write the word while the gate is held.</summary>
    private void LeaveGate(ulong state) => LeaveGateWith(TimelineState.Leave(state, hasWaiters: _hot.First is not null));

    /// <summary>Leaves the gate where the whole word is known. A release of all that was done under it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void LeaveGateWith(ulong word)
    {
        AssertInvariants(word);
        HeldGates.Left();
        Volatile.Write(ref _hot.State, word);
    }

    /// <summary>One try. Whoever works on the list, or moves the counter past somebody who waits, has the gate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTakeGate(ulong held, ulong seen)
    {
        if (Interlocked.CompareExchange(ref _hot.State, held, seen) != seen)
        {
            return false;
        }

        HeldGates.Entered();
        return true;
    }
}
