// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

// Detects threads that would wait for themselves: readers inside their own session, and waits for a session inside their own gate.
internal sealed partial class InvalidationSessionState
{
    private SessionHolder _holder;

    /// <inheritdoc/>
    internal override bool IsHeldHere => _holder.IsHere;

    /// <summary>Declares that the session stays on this thread until it ends: the caller ends it before it returns.</summary>
    internal void StayOnThread() => _holder.Set();

    /// <summary>
    /// Throws, before this thread waits for the session, when this thread is a reader that the session waits for: it would never leave.
    /// </summary>
    /// <exception cref="InvalidOperationException">This thread is inside a gate that the session waits for.</exception>
    internal void ThrowIfWaitingForThisThread()
    {
        for (int index = 0; _gates.Count != 0 && index < _holderCount; index++)
        {
            ref readonly Holder holder = ref _holders[index];
            if (holder.Subscription.Readers is { } readers && readers.IsWaitingForThisThread(holder.Fence.Point) && Poll() == InvalidationOutcome.Pending)
            {
                ThrowWaitingForItself(readers.Name);
            }
        }
    }

    /// <summary>
    /// Throws, before this thread blocks, for the reason of <see cref="ThrowIfWaitingForThisThread"/>, or when this thread itself has to
    /// end an earlier session first. A thread that only awaits can still do that.
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
