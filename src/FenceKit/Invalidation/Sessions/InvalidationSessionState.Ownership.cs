// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

// Threads that would wait for themselves: readers inside their own session, and sessions inside their own gate.
internal sealed partial class InvalidationSessionState
{
    private SessionHolder _holder;

    /// <inheritdoc/>
    internal override bool IsHeldHere => _holder.IsHere;

    /// <summary>The session stays on this thread until it ends: the caller ends it before it returns to its own caller.</summary>
    internal void StayOnThread() => _holder.Set();

    /// <summary>Before this thread waits for the session: a reader that is inside on this very thread would never leave.</summary>
    /// <exception cref="InvalidOperationException">This thread is inside a gate that the session waits for.</exception>
    internal void ThrowIfWaitingForThisThread()
    {
        for (int index = 0; _gateCount != 0 && index < _holderCount; index++)
        {
            ref readonly Holder holder = ref _holders[index];
            if (holder.Subscription.Readers is { } readers && readers.IsWaitingForThisThread(holder.Fence.Point) && Poll() == InvalidationOutcome.Pending)
            {
                ThrowWaitingForItself(readers.Name);
            }
        }
    }

    /// <summary>
    /// Before this thread blocks until the session is complete: as <see cref="ThrowIfWaitingForThisThread"/>, and it must not be the one that has to
    /// end an earlier session first. One that only awaits may still do so.
    /// </summary>
    /// <exception cref="InvalidOperationException">This thread is inside such a gate, or has such a session open.</exception>
    internal void ThrowIfBlockingItself()
    {
        ThrowIfWaitingForThisThread();
        for (int index = 0; !Earlier.IsEmpty && index < Ranges.Length; index++)
        {
            if (_ledger.FindHeldHere(Ranges[index], Number - 1, InvalidationReason.All) is { } earlier && Poll() == InvalidationOutcome.Pending)
            {
                SelfWait.ThrowInsideSession($"The wait for the invalidation scheduled at {Place}", Ranges[index], earlier);
            }
        }
    }

    [DoesNotReturn]
    private void ThrowWaitingForItself(string gate) => SelfWait.ThrowInsideGate(gate, $"the invalidation of {Cover} ({Reason})");
}
