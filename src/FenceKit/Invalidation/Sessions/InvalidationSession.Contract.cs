// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// What a session tells the validator. Readers of the range wait for its end, so everything up to the end is a signaling section.
public readonly partial struct InvalidationSession
{
    /// <summary>
    /// Announces that the code in the scope runs before the end of the session: phase B, and what is done about the memory after the wait.
    /// <see cref="Wait"/> and <c>InvalidationNotifier.Invalidate</c> announce this themselves.
    /// </summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The scope; dispose it on this thread. It does not end the session.</returns>
    /// <remarks>Like <see cref="FenceTimeline.BeginSignaling"/>. Never blocks. Does nothing when the contract is not checked.</remarks>
    public FenceContractScope BeginSignaling([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0) =>
        FenceContract.IsChecked && _lease is not null ? _lease.State.BeginSignaling(file, line) : default;
}

internal sealed partial class InvalidationSessionState
{
    internal FenceContractScope BeginSignaling(string? file, int line) =>
        FenceContract.BeginSignaling(Ended.Timeline?.ContractMap, file, line);

    internal InvalidationOutcome WaitChecked(TimeSpan budget, CancellationToken cancellationToken)
    {
        if (budget == TimeSpan.Zero)
        {
            return Wait(budget, cancellationToken);
        }

        using (BeginSignaling(file: null, line: 0))
        {
            // All holders are announced, even those that are done: next time they may not be. Earlier sessions are not: a session waits
            // only for those before it, and the validator has one map for all sessions.
            Announce(FenceContract.Wait);
            return Wait(budget, cancellationToken);
        }
    }

    /// <summary>
    /// The map of a holder; null for readers, which are announced with their gate, whether any of them was inside or not.
    /// </summary>
    private object? MapOfHolder(int index) =>
        _holders[index].Subscription.Readers is null ? _holders[index].Fence.Timeline?.ContractMap : null;

    /// <summary>
    /// Announces an asynchronous wait; the caller has entered the state object. When a sink throws, the wait does not begin, and the object
    /// is left.
    /// </summary>
    internal void AnnounceWaitAsync(TimeSpan budget)
    {
        if (budget == TimeSpan.Zero)
        {
            return;
        }

        try
        {
            using (BeginSignaling(file: null, line: 0))
            {
                Announce(FenceContract.Await);
            }
        }
        catch
        {
            Leave();
            throw;
        }
    }

    private void Announce(Action<object?> announce)
    {
        for (int index = 0; index < _holderCount; index++)
        {
            announce(MapOfHolder(index));
        }

        foreach (InvalidationSubscription gate in _gates)
        {
            announce(gate.Readers!.ContractMap);
        }
    }
}
