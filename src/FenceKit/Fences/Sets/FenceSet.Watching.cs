// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// Adding the nodes to their timelines, removing them, and the result of the round. The loops are in methods of their own: most of the cost of
// a wait for several fences is in these loops, and in larger methods the JIT keeps their variables in memory.
internal abstract partial class FenceSet
{
    /// <summary>
    /// Adds the nodes. If the result is false, the caller must not access the set any longer, because the round may have ended already.
    /// </summary>
    /// <returns>True if a member has decided the round already: then the caller must do what the decision leads to.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    protected bool Watch()
    {
        // Set before any node can run and release its reference; only the owner has a reference so far.
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
            Release(_count - added); // never the last reference, because the owner has one
        }

        return decided || EndWatch();
    }

    /// <summary>Lets members decide the round from here on. If none has decided yet, this is the last access to the set.</summary>
    private bool EndWatch()
    {
        if (Mode == FenceSetMode.Any)
        {
            return Interlocked.CompareExchange(ref _decider, Nobody, NobodyYet) != NobodyYet;
        }

        int left = Interlocked.Add(ref _left, -Watching);
        return left == 0 || (left & Failed) != 0;
    }

    /// <summary>Removes the remaining nodes from their timelines, and returns the result of the round. Called once per round, by the owner.</summary>
    /// <param name="removed">The number of removed nodes, for which the caller must <see cref="Release"/> the references.</param>
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

    /// <summary>The result of a decided round, for the party that decided it.</summary>
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
            // The time has run out. If a member has completed nevertheless, it becomes the result, unless the callback of a member decides at
            // the same time.
            int delivered = FindDelivered();
            decider = Interlocked.CompareExchange(ref _decider, delivered, Nobody);
            decider = decider == Nobody ? delivered : decider;
        }

        return DescribeAny(decider);
    }

    private FenceWaitResult DescribeAny(int decider) => decider == Nobody
        ? new FenceWaitResult(FenceStatus.Pending, Nobody)
        : new FenceWaitResult(_nodes[decider].DeliveredStatus, decider, _nodes[decider].DeliveredError);

    /// <summary>Returns the first node that could not be removed: its outcome is fixed, although its callback may not have run yet.</summary>
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
