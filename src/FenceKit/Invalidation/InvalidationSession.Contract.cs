// SPDX-License-Identifier: MIT
namespace FenceKit;

// What a session tells the validator. Readers of the range wait for its end, so until then it is on the way to a signal.
public readonly partial struct InvalidationSession
{
    internal FenceContractScope HoldForContract() => _state!.HoldForContract();
}

internal sealed partial class InvalidationSessionState
{
    internal FenceContractScope HoldForContract() => FenceContract.BeginSignaling(Ended.Timeline?.ContractMap, file: null, line: 0);

    internal InvalidationOutcome WaitChecked(TimeSpan budget, CancellationToken cancellationToken)
    {
        if (budget == TimeSpan.Zero)
        {
            return Wait(budget, cancellationToken);
        }

        using (HoldForContract())
        {
            // Of all, also of those that are done: the next time they may not be.
            for (int index = 0; index < _holderCount; index++)
            {
                FenceContract.Wait(_holders[index].Fence.Timeline?.ContractMap);
            }

            return Wait(budget, cancellationToken);
        }
    }
}
