// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Tests.Model;

/// <summary>The protocol of docs/beyond-one-machine.md as steps of a <see cref="ModelState"/>: time, readers, the owner and its end. What messages do is in the other part.</summary>
internal sealed partial class ProtocolModel(ModelBounds bounds, ModelMutation mutation = ModelMutation.None)
{
    private List<(string Step, ModelState State)> _next = [];

    internal ModelState Start { get; } = new() { SessionsLeft = (byte)bounds.Sessions };

    /// <summary>No reader that begins now may find a copy that is older than what is committed, nor one that is about to be published.</summary>
    internal bool IsStale(in ModelState state) =>
        IsOpen(in state) && IsLeased(in state) && (state.Copy == ModelState.Old || state.Building == ModelState.Old);

    /// <summary>All that may happen next.</summary>
    internal void CollectSteps(in ModelState state, List<(string Step, ModelState State)> into)
    {
        _next = into;
        PassTime(in state);
        StepNode(in state);
        StepOwner(in state);
        Bring(in state);
    }

    private static bool IsOpen(in ModelState state) => state.Joined != 0 && state.Closed == 0;

    private bool IsLeased(in ModelState state) => state.NodeTime < state.LeaseUntil || mutation == ModelMutation.NoLookAtTheClock;

    private void Add(string step, ModelState state)
    {
        Forget(ref state);
        _next.Add((step, state));
    }

    private void PassTime(in ModelState state)
    {
        Pass(in state, 1, 1);
        if (bounds.Apart > 0)
        {
            Pass(in state, 1, 0);
            Pass(in state, 0, 1);
        }
    }

    private void Pass(in ModelState state, int owner, int node)
    {
        ModelState next = state;
        next.OwnerTime += (byte)owner;
        next.NodeTime += (byte)node;
        if (next.OwnerTime <= bounds.Ticks && next.NodeTime <= bounds.Ticks && Math.Abs(next.OwnerTime - next.NodeTime) <= bounds.Apart)
        {
            Add("tick", next);
        }
    }

    private void StepNode(in ModelState state)
    {
        for (int request = 0; request < bounds.Requests; request++)
        {
            if (state.RequestOf(request) == 0)
            {
                ModelState next = state;
                next.Send(request, (byte)(state.Joined == 0 ? 1 + state.Life : ModelBounds.Lives + state.Joined));
                Add("node asks", next);
                break;
            }
        }

        bool mayBuild = mutation == ModelMutation.BuiltWithoutLease ? state.Closed == 0 : IsOpen(in state);
        if (mayBuild && state is { Building: ModelState.Nothing, Copy: ModelState.Nothing })
        {
            ModelState next = state;
            next.Building = (byte)(ModelState.CommittedValue + state.Ahead);
            Add("node reads the origin", next);
        }

        if (state.Building != ModelState.Nothing && IsOpen(in state))
        {
            ModelState next = state;
            (next.Copy, next.Building) = (state.Building, ModelState.Nothing);
            Add("node publishes", next);
        }

        if (state.Joined != 0 && state.NodeTime >= state.LeaseUntil)
        {
            Lose(in state, "lease ends");
        }
    }

    private void StepOwner(in ModelState state)
    {
        ModelState next = state;
        if (state.Session == 0 && state.SessionsLeft > 0)
        {
            next.Session = ++next.LastSession;
            next.SessionsLeft--;
            next.IsWritten = false;
            next.IsWaiting = state.Member != 0;
            if (state.Member != 0)
            {
                next.Schedules |= (ushort)(1 << ModelState.BitOf(state.Member, next.Session));
            }

            Add("schedule", next);
        }

        if (state.Member != 0 && state.OwnerTime >= state.Until)
        {
            next = state;
            RemoveMember(ref next);
            Add("promise ends", next);
        }

        if (state.Session != 0 && !state.IsWaiting && state.Grace == 0)
        {
            next = state;
            if (!state.IsWritten)
            {
                next.Ahead++;
                next.IsWritten = true;
                Add("write", next);
            }
            else
            {
                Commit(ref next);
                Add("commit", next);
            }
        }

        if (bounds.Crashes && state.Epoch == 0)
        {
            next = state;
            next.Epoch = 1;
            (next.Member, next.Until, next.Session, next.LastSession) = (0, 0, 0, 0);
            (next.IsWaiting, next.IsWritten) = (false, false);
            next.Grace = (byte)(mutation == ModelMutation.NoGrace ? 0 : state.OwnerTime + bounds.Lease);
            Add("crash", next);
        }
    }

    private static void Commit(ref ModelState state)
    {
        state.Copy = Age(state.Copy, state.Ahead);
        state.Building = Age(state.Building, state.Ahead);
        state.Ahead = 0;
        if (state.Member != 0)
        {
            state.Ends |= (ushort)(1 << ModelState.BitOf(state.Member, state.Session));
        }

        state.Session = 0;
        state.IsWritten = false;
    }

    private static byte Age(byte value, byte ahead) => value switch
    {
        ModelState.Nothing => ModelState.Nothing,
        _ when value - ahead < ModelState.CommittedValue => ModelState.Old,
        _ => (byte)(value - ahead),
    };

    private static void RemoveMember(ref ModelState state)
    {
        (state.Member, state.Until) = (0, 0);
        state.IsWaiting = false;
    }

    /// <summary>The node drops everything, and begins its next life; after the last one it stays away.</summary>
    private void Lose(in ModelState state, string step)
    {
        if (state.Life + 1 >= ModelBounds.Lives)
        {
            ModelState gone = state; // it serves nothing any more
            (gone.Joined, gone.LeaseUntil, gone.Copy, gone.Building) = (0, 0, 0, 0);
            (gone.Closed, gone.Ended, gone.Sent, gone.Grants, gone.Requests) = (0, 0, 0, 0, AllGone);
            Add(step, gone);
            return;
        }

        ModelState next = state;
        next.Life++;
        (next.Joined, next.LeaseUntil, next.Copy, next.Closed, next.Ended, next.Sent) = (0, 0, 0, 0, 0, 0);
        next.Building = mutation is ModelMutation.BuiltWithoutLease or ModelMutation.PublishedUnseen ? state.Building : ModelState.Nothing;
        Add(step, next);
    }
}
