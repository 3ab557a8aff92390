// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Tests.Model;

// What messages do when they arrive, and which of them can do nothing any more.
internal sealed partial class ProtocolModel
{
    private const byte Gone = 7; // a request of a node that is no more
    private const ushort AllGone = (1 << (ModelBounds.MostRequests * 3)) - 1;

    private void Bring(in ModelState state)
    {
        for (int request = 0; request < ModelBounds.MostRequests; request++)
        {
            BringRequest(in state, request);
            for (int membership = 1; state.SentAt(request) != 0 && membership <= ModelBounds.Memberships; membership++)
            {
                for (int status = 0; status < ModelState.Statuses; status++)
                {
                    if ((state.Grants & (1UL << ModelState.GrantBitOf(request, membership, status))) != 0)
                    {
                        BringGrant(in state, request, membership, status);
                    }
                }
            }
        }

        for (int membership = 1; membership <= ModelBounds.Memberships; membership++)
        {
            for (int session = 1; session <= 2; session++)
            {
                BringToMember(in state, membership, session);
            }
        }

        if (mutation != ModelMutation.KeptUnderNewOwner && state.Joined != 0 && (state.Expels & (1 << state.Life)) != 0)
        {
            Lose(in state, "expel");
        }
    }

    private void BringRequest(in ModelState state, int number)
    {
        ModelState next = state;
        byte request = state.RequestOf(number);
        if (request is 0 or Gone)
        {
            return;
        }

        if (request <= ModelBounds.Lives)
        {
            int life = request - 1;
            if (state.Member != 0 && life > state.LifeOfMember(state.Member))
            {
                RemoveMember(ref next); // it has dropped everything
            }
            else if (state.Member != 0 && life < state.LifeOfMember(state.Member))
            {
                return;
            }

            if (next.Member == 0)
            {
                if (state.Memberships == ModelBounds.Memberships)
                {
                    return;
                }

                next.Member = ++next.Memberships;
                next.LifeOf |= (byte)(life << next.Member);
                next.EpochOf |= (byte)(state.Epoch << next.Member);
            }

            Grant(ref next, number);
            Add("join", next);
            return;
        }

        int membership = request - ModelBounds.Lives;
        if (membership == state.Member && (state.OwnerTime < state.Until || mutation == ModelMutation.DeadIsRenewed))
        {
            Grant(ref next, number);
            Add("renew", next);
            return;
        }

        if (membership == state.Member)
        {
            RemoveMember(ref next);
        }
        else if (mutation == ModelMutation.DeadIsRenewed && state.Member == 0 && state.EpochOfMember(membership) == state.Epoch)
        {
            next.Member = (byte)membership;
            Grant(ref next, number);
            Add("renew of what is dead", next);
            return;
        }

        next.Expels |= (byte)(1 << state.LifeOfMember(membership));
        Add("renew in vain", next);
    }

    /// <summary>The owner writes down the end before the grant is on its way.</summary>
    private void Grant(ref ModelState state, int number)
    {
        state.Until = (byte)Math.Max(state.Until, state.OwnerTime + bounds.Lease);
        bool saysWhatIsOpen = state.Session != 0 && mutation != ModelMutation.GrantWithoutWhatIsOpen;
        int status = state.LastSession == 0 ? 0 : (state.LastSession * 2) - (saysWhatIsOpen ? 0 : 1);
        state.Grants |= 1UL << ModelState.GrantBitOf(number, state.Member, status);
    }

    private void BringGrant(in ModelState state, int number, int membership, int status)
    {
        byte sent = state.SentAt(number);
        if (state.LifeOfMember(membership) != state.Life)
        {
            return;
        }

        if (state.Joined != 0 && membership != state.Joined)
        {
            bool isOtherOwner = state.EpochOfMember(membership) != state.EpochOfMember(state.Joined);
            if (isOtherOwner && mutation != ModelMutation.KeptUnderNewOwner)
            {
                Lose(in state, "grant of a new owner");
            }

            if (!isOtherOwner || mutation != ModelMutation.KeptUnderNewOwner)
            {
                return;
            }
        }

        int from = mutation == ModelMutation.LeaseFromReceipt ? state.NodeTime : sent - 1;
        int until = from + bounds.Lease - (mutation == ModelMutation.NoMargin ? 0 : bounds.Margin);
        if (state.Joined != 0 && state.NodeTime >= state.LeaseUntil)
        {
            Lose(in state, "grant that comes too late");
            return;
        }

        if (state.NodeTime >= until)
        {
            return;
        }

        ModelState next = state;
        int highest = (status + 1) / 2, open = status is 2 or 4 ? highest : 0;
        if (open != 0 && (state.Ended & (1 << (open - 1))) == 0)
        {
            Close(ref next, open);
            if (state.Joined != 0)
            {
                Acknowledge(ref next, membership, open);
            }
        }

        for (int session = 1; session <= highest; session++)
        {
            if (session != open && (next.Closed & (1 << (session - 1))) != 0)
            {
                EndSession(ref next, session);
            }
        }

        if (state.Joined == 0)
        {
            next.Sent = 0;
            next.LeaseUntil = (byte)until;
        }
        else
        {
            next.ForgetRequest(number);
            next.LeaseUntil = (byte)Math.Max(state.LeaseUntil, until);
        }

        next.Joined = (byte)membership;
        Add("grant", next);
    }

    private void BringToMember(in ModelState state, int membership, int session)
    {
        ModelState next;
        if (state.Joined == membership && state.Has(state.Schedules, membership, session) && (state.Ended & (1 << (session - 1))) == 0)
        {
            next = state;
            Close(ref next, session);
            Acknowledge(ref next, membership, session);
            Add("schedule arrives", next);
        }

        if (state.Joined == membership && state.Has(state.Ends, membership, session))
        {
            next = state;
            EndSession(ref next, session);
            Add("end arrives", next);
        }

        bool counts = mutation == ModelMutation.AnyAcknowledgement || (state.Member == membership && state.Session == session);
        if (state.IsWaiting && counts && state.Has(state.Acknowledgements, membership, session))
        {
            next = state;
            next.IsWaiting = false;
            Add("acknowledgement arrives", next);
        }
    }

    private void Close(ref ModelState state, int session)
    {
        state.Copy = ModelState.Nothing;
        state.Building = mutation == ModelMutation.PublishedUnseen ? state.Building : ModelState.Nothing;
        state.Closed |= (byte)(mutation == ModelMutation.OpenAfterAcknowledgement ? 0 : 1 << (session - 1));
    }

    private static void Acknowledge(ref ModelState state, int membership, int session) =>
        state.Acknowledgements |= (ushort)(1 << ModelState.BitOf(membership, session));

    private static void EndSession(ref ModelState state, int session)
    {
        state.Closed &= (byte)~(1 << (session - 1));
        state.Ended |= (byte)(1 << (session - 1));
    }

    /// <summary>
    /// What can have no effect any more is the same as what never was, so states that differ only in that are one. Times that are over are over alike.
    /// </summary>
    private void Forget(ref ModelState state)
    {
        state.Grace = state.OwnerTime >= state.Grace ? (byte)0 : state.Grace;
        state.Until = state.Member != 0 && state.Until < state.OwnerTime ? state.OwnerTime : state.Until;
        state.LeaseUntil = state.Joined != 0 && state.LeaseUntil < state.NodeTime ? state.NodeTime : state.LeaseUntil;

        if (bounds.KeepsAll)
        {
            return;
        }

        for (int request = 0; request < ModelBounds.MostRequests; request++)
        {
            if (state.SentAt(request) == 0)
            {
                state.ForgetRequest(request);
            }
        }

        state.Expels &= (byte)(1 << state.Life);
        for (int membership = 1; membership <= state.Memberships; membership++)
        {
            if (state.LifeOfMember(membership) < state.Life)
            {
                for (int request = 0; request < ModelBounds.MostRequests; request++)
                {
                    state.Grants &= ~(((1UL << ModelState.Statuses) - 1) << ModelState.GrantBitOf(request, membership, 0));
                }
            }

            // A node hears only what belongs to its membership, or to one that it may still get.
            bool isHeard = state.Joined == membership
                || (state.LifeOfMember(membership) == state.Life && (state.Joined == 0 || mutation == ModelMutation.KeptUnderNewOwner));
            for (int session = 1; session <= 2; session++)
            {
                ushort bit = (ushort)(1 << ModelState.BitOf(membership, session));
                bool isOver = state.Joined == membership && (state.Ended & (1 << (session - 1))) != 0;
                if (!isHeard || isOver)
                {
                    state.Schedules &= (ushort)~bit;
                    state.Ends &= (ushort)~bit;
                }

                if (mutation != ModelMutation.AnyAcknowledgement
                    && !(state.IsWaiting && state.Member == membership && state.Session == session))
                {
                    state.Acknowledgements &= (ushort)~bit;
                }
            }
        }
    }
}
