// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// Awaits that a token may end: how the node and its registration with the token find each other.
public partial class FenceTimeline
{
    /// <summary>As <see cref="Await"/>; or when a token is canceled.</summary>
    /// <remarks>
    /// Registered before the node waits, so that it enters the gate once: the registration is for the timeline, not for the wait. A canceler
    /// looks under the gate who waits with its token; and who comes to wait looks under the gate whether its token is canceled.
    /// <code>
    /// canceler                               who awaits
    /// --------                               ----------
    /// the token is canceled                  enters the gate
    /// enters the gate                        the token is canceled? goes another way
    /// the node waits with it? takes it out   the node waits
    /// leaves the gate                        leaves the gate
    /// </code>
    /// Whoever enters second sees what the other did before it entered.
    /// </remarks>
    internal void AwaitOrCancel(ulong target, Action continuation, bool isInline, CancellationToken token)
    {
        if (_hot.OwnNode is not { } own || !token.CanBeCanceled || target > Volatile.Read(ref _hot.ArmedTarget))
        {
            AwaitAt(target, continuation, PlaceOf(isInline), executionContext: null, token);
            return;
        }

        CancellationTokenRegistration registration = token.RegisterShielded(
            static (timeline, canceled) => ((FenceTimeline)timeline!)._hot.OwnNode!.OnCanceled(canceled), this);
        if (!TryEnterQuiet(target, out ulong state))
        {
            AwaitUnregistered(target, continuation, isInline, registration, token);
            return;
        }

        long word = own.Word;
        if (!ReferenceEquals(_hot.Seated, own) || !FenceCallback.IsFreeWord(word) || token.IsCancellationRequested)
        {
            LeaveGate(state);
            AwaitUnregistered(target, continuation, isInline, registration, token);
            return;
        }

        own.SetBareContinuation(continuation, isInline);
        own.SetRegistration(registration);
        WaitInSeat(own, target, word, state);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AwaitUnregistered(
        ulong target, Action continuation, bool isInline, CancellationTokenRegistration registration, CancellationToken token)
    {
        registration.UnregisterShielded();
        AwaitAt(target, continuation, PlaceOf(isInline), executionContext: null, token);
    }

    /// <summary>
    /// Has a token end a wait. The node is in the list by now, and may have left it, and stand for another wait: then the registration is
    /// for nothing and is taken back. A token that is canceled already calls back in here, and the continuation may run in here.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="word">Its word in the round that waits.</param>
    /// <param name="token">The token.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AttachToken(FenceAwaitNode node, long word, CancellationToken token)
    {
        if (token.CanBeCanceled)
        {
            Register(node, word, token);
        }
    }

    private void Register(FenceAwaitNode node, long word, CancellationToken token)
    {
        CancellationTokenRegistration registration = token.RegisterShielded(
            static (state, canceled) => ((FenceAwaitNode)state!).OnCanceled(canceled), node);
        ulong state = EnterGate();
        bool waits = node.IsStillQueued(word);
        if (waits)
        {
            node.SetRegistration(registration);
        }

        LeaveGate(state);
        if (!waits)
        {
            registration.UnregisterShielded();
        }
    }

    /// <summary>Takes a node out of the list if it waits here for something that this token ends; the caller runs its continuation.</summary>
    internal bool TryCancel(FenceAwaitNode node, CancellationToken token)
    {
        ulong state = EnterGate();
        bool ends = ReferenceEquals(node.Timeline, this) && FenceCallback.IsQueuedWord(node.Word) && node.IsEndedBy(token);
        if (ends)
        {
            Unlink(node);
            node.MarkDetached(FenceStatus.Pending, error: null); // busy until its continuation is out
        }

        LeaveGate(state);
        return ends;
    }
}
