// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// Nodes into the lists of their timelines and out again, and what the round came to. The loops stand alone: in a method with anything else in
// it the compiler keeps what they need in memory, and most of what a wait for several costs is these loops.
internal abstract partial class FenceSet
{
    /// <summary>Adds the nodes. When it returns false, the set is no longer the caller's to touch: it may be over already.</summary>
    /// <returns>True when the caller has to act: a member was complete already, or completed meanwhile, and decided.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    protected bool Watch()
    {
        // Before any node can run and release one. Nobody but the owner has a reference yet.
        Volatile.Write(ref _references, 1 + _count);
        bool isAny = Mode == FenceSetMode.Any;
        bool decided = false;
        int added = 0;
        int i = 0;
        while (i < _count && !decided && !(isAny && Volatile.Read(ref _decider) != NobodyYet))
        {
            FenceSetNode node = _nodes[i];
            if (node.Timeline is { } timeline && timeline.Add(node, node.Target) != FenceTimeline.NotAdded)
            {
                added++;
            }
            else
            {
                node.DeliveredStatus = GetMember(i).GetStatus(out node.DeliveredError);
                decided = isAny
                    ? Interlocked.CompareExchange(ref _decider, i, NobodyYet) == NobodyYet
                    : Complete(i, node.DeliveredStatus);
            }

            i++;
        }

        _watched = i;
        if (added < _count)
        {
            Release(_count - added); // never the last: the owner holds one
        }

        return decided || EndWatch();
    }

    /// <summary>From here on members decide for themselves. The last touch of the set if nobody has yet.</summary>
    private bool EndWatch()
    {
        if (Mode == FenceSetMode.Any)
        {
            return Interlocked.CompareExchange(ref _decider, Nobody, NobodyYet) != NobodyYet;
        }

        int left = Interlocked.Add(ref _left, -Watching);
        return left == 0 || (left & Failed) != 0;
    }

    /// <summary>Removes what is still in a list and says how the round ended. Only the owner calls it, once a round.</summary>
    /// <param name="removed">How many references the caller has to <see cref="Release"/> for the nodes that were removed.</param>
    protected FenceWaitResult Unwatch(out int removed)
    {
        if (Mode == FenceSetMode.All)
        {
            return UnwatchAll(out removed);
        }

        removed = RemoveNodes();
        return DescribeAny();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int RemoveNodes()
    {
        int removed = 0;
        foreach (FenceSetNode node in _nodes.AsSpan(0, _watched))
        {
            if (node.Timeline is { } timeline && timeline.TryRemove(node, node.State.Round))
            {
                removed++;
            }
        }

        return removed;
    }

    private FenceWaitResult UnwatchAll(out int removed)
    {
        removed = 0;
        int firstPending = Nobody;
        int firstFaulted = Nobody;
        for (int i = 0; i < _watched; i++)
        {
            FenceSetNode node = _nodes[i];
            if (node.Timeline is { } timeline && timeline.TryRemove(node, node.State.Round))
            {
                removed++;
                firstPending = firstPending == Nobody ? i : firstPending;
            }
            else if (node.DeliveredStatus == FenceStatus.Faulted && firstFaulted == Nobody)
            {
                firstFaulted = i;
            }
        }

        return DescribeAll(firstPending, firstFaulted);
    }

    /// <summary>The outcome of a decided round, for the one that decided it.</summary>
    protected FenceWaitResult Outcome()
    {
        int decider = Volatile.Read(ref _decider);
        return Mode == FenceSetMode.Any ? DescribeAny(decider) : DescribeAll(Nobody, decider);
    }

    private FenceWaitResult DescribeAny()
    {
        int decider = Volatile.Read(ref _decider);
        if (decider == Nobody)
        {
            // Time is over. If a member has completed all the same, the wait says so; its callback may be on its way to decide the same or another.
            int delivered = FindDelivered();
            decider = Interlocked.CompareExchange(ref _decider, delivered, Nobody);
            decider = decider == Nobody ? delivered : decider;
        }

        return DescribeAny(decider);
    }

    private FenceWaitResult DescribeAny(int decider) => decider == Nobody
        ? new FenceWaitResult(FenceStatus.Pending, Nobody)
        : new FenceWaitResult(_nodes[decider].DeliveredStatus, decider, _nodes[decider].DeliveredError);

    /// <summary>The first node that was not removed: its outcome is fixed, although its callback may not have run yet.</summary>
    private int FindDelivered()
    {
        for (int i = 0; i < _watched; i++)
        {
            if (!_nodes[i].State.IsFree)
            {
                return i;
            }
        }

        return Nobody;
    }

    private FenceWaitResult DescribeAll(int firstPending, int firstFaulted)
    {
        int decider = Volatile.Read(ref _decider);
        decider = decider == Nobody ? firstFaulted : decider;
        if (firstPending != Nobody && (decider == Nobody || !_endsAtFailure))
        {
            return new FenceWaitResult(FenceStatus.Pending, firstPending);
        }

        return decider != Nobody
            ? new FenceWaitResult(FenceStatus.Faulted, decider, _nodes[decider].DeliveredError)
            : new FenceWaitResult(Volatile.Read(ref _retired) == 1 ? FenceStatus.Retired : FenceStatus.Signaled, Nobody);
    }
}
