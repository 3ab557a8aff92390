// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// Several fences watched for one party: the nodes, who decided, and who still holds a node. What "decided" leads to is up to the derived
/// class: a wait wakes its thread, an array signals its own fence.
/// </summary>
/// <remarks>
/// <code>
/// Begin ──► Watch (adds the nodes) ──► Unwatch (removes those that are left) ──► the owner releases ──► the last reference: OnIdle
///                    └── members signal ──► Complete ── the one that decides: true ──► release ──┘
/// </code>
/// Nothing is decided while the nodes are being added: what a member decides before that is done falls to Watch. So the one who decides
/// may at once let go of the nodes, and run what waits.
/// A node that has left the list of its timeline but has not run yet cannot be used again, and nobody may wait for it: it may stand
/// behind the very code that wants to go on. So every node in a list, or on its way out of one, holds a reference to the set, and the
/// set is free for the next round when the last reference is gone. References are given out and given back many at a time: one
/// interlocked operation per node would double what a wait for several costs.
/// </remarks>
internal abstract class FenceSet
{
    private const int Nobody = -1;
    private const int NobodyYet = -2; // Any, while the nodes are being added

    private FenceSetNode[] _nodes = [];
    private Fence[] _members = []; // as long as the nodes
    private int _count;
    private int _watched;    // the first so many members have a node in a list, or were complete when it was their turn
    private int _references; // the owner's, and one for each node that may still run
    private int _left;       // All: members that are not complete, and one for Watch
    private int _decider;    // Any: the first that completed; All: the first that faulted
    private int _retired;    // All: 1 when the outcome of a member is unknown

    internal FenceArrayMode Mode { get; private set; }

    internal int MemberCount => _count;

    /// <summary>Nobody holds a node: the next round may begin.</summary>
    internal bool IsIdle => Volatile.Read(ref _references) == 0;

    /// <summary>Says who waits for a member, by way of the set.</summary>
    internal abstract void DescribeWaits(Fence member, List<FenceWait> waits);

    internal abstract void OnMemberSignaled(int index, FenceStatus status);

    /// <summary>The last reference is gone. The set may serve somebody else as soon as this is called.</summary>
    protected abstract void OnIdle();

    /// <summary>Starts a round; the caller owns it and calls <see cref="Release"/> in the end. Allocates only to grow.</summary>
    protected void Begin(ReadOnlySpan<Fence> fences, FenceArrayMode mode)
    {
        Debug.Assert(IsIdle, "A round begins when the last one is over.");
        EnsureCapacity(fences.Length);
        fences.CopyTo(_members);
        _count = fences.Length;
        _watched = 0;
        _left = fences.Length + 1;
        _decider = mode == FenceArrayMode.Any ? NobodyYet : Nobody;
        _retired = 0;
        Mode = mode;
        Volatile.Write(ref _references, 1);
    }

    protected void EnsureCapacity(int count)
    {
        int before = _nodes.Length;
        if (count <= before)
        {
            return;
        }

        int capacity = Math.Max(count, Math.Max(4, before * 2));
        Array.Resize(ref _nodes, capacity);
        _members = new Fence[capacity];
        for (int i = before; i < capacity; i++)
        {
            _nodes[i] = new FenceSetNode(this, i);
        }
    }

    /// <summary>Adds the nodes. When it returns false, the set is no longer the caller's to touch: it may be over already.</summary>
    /// <returns>True when the caller has to act: a member was complete already, or completed meanwhile, and decided.</returns>
    protected bool Watch()
    {
        // Before any node can run and release one. Plain: nobody but the owner has a reference yet.
        int count = _count;
        Volatile.Write(ref _references, 1 + count);
        bool isAny = Mode == FenceArrayMode.Any;
        bool decided = false;
        int added = 0;
        for (int i = 0; i < count && !decided; i++)
        {
            FenceSetNode node = _nodes[i];
            Fence member = _members[i];
            if (member.Timeline is { } timeline && timeline.TryAddPrivate(node, member.Target))
            {
                added++;
            }
            else
            {
                node.DeliveredStatus = member.GetStatus(out node.DeliveredError);
                decided = isAny
                    ? Interlocked.CompareExchange(ref _decider, i, NobodyYet) == NobodyYet
                    : Complete(i, node.DeliveredStatus);
            }

            _watched = i + 1;
            if (isAny && Volatile.Read(ref _decider) != NobodyYet)
            {
                break;
            }
        }

        if (added < count)
        {
            Release(count - added); // never the last: the owner holds one
        }

        // From here on members decide for themselves. The last touch of the set if nobody has yet.
        return decided || (isAny
            ? Interlocked.CompareExchange(ref _decider, Nobody, NobodyYet) != NobodyYet
            : Interlocked.Decrement(ref _left) == 0);
    }

    /// <summary>A member is complete. True for the one that decides the round and has to act.</summary>
    protected bool Complete(int index, FenceStatus status)
    {
        if (Mode == FenceArrayMode.Any)
        {
            int decider = Interlocked.CompareExchange(ref _decider, index, Nobody);
            while (decider == NobodyYet)
            {
                if (Interlocked.CompareExchange(ref _decider, index, NobodyYet) == NobodyYet)
                {
                    return false; // decided, and Watch acts
                }

                decider = Interlocked.CompareExchange(ref _decider, index, Nobody); // Watch is over, or another member was first
            }

            return decider == Nobody;
        }

        if (status == FenceStatus.Faulted)
        {
            Interlocked.CompareExchange(ref _decider, index, Nobody);
        }
        else if (status == FenceStatus.Retired)
        {
            Volatile.Write(ref _retired, 1);
        }

        return Interlocked.Decrement(ref _left) == 0;
    }

    /// <summary>Removes what is still in a list and says how the round ended. Only the owner calls it, once a round.</summary>
    /// <param name="removed">How many references the caller has to <see cref="Release"/> for the nodes that were removed.</param>
    protected FenceWaitResult Unwatch(out int removed)
    {
        removed = 0;
        int firstPending = Nobody;
        int firstFaulted = Nobody;
        int firstComplete = Nobody;
        for (int i = 0; i < _watched; i++)
        {
            FenceSetNode node = _nodes[i];
            if (_members[i].Timeline is { } timeline && timeline.TryRemovePrivate(node))
            {
                removed++;
                firstPending = firstPending == Nobody ? i : firstPending;
                continue;
            }

            // Complete, and its outcome is fixed, although its callback may not have run yet.
            firstComplete = firstComplete == Nobody ? i : firstComplete;
            if (node.DeliveredStatus == FenceStatus.Faulted && firstFaulted == Nobody)
            {
                firstFaulted = i;
            }
        }

        return Mode == FenceArrayMode.Any
            ? DescribeAny(firstComplete)
            : DescribeAll(firstPending, firstFaulted);
    }

    /// <summary>The outcome of a decided round, for the one that decided it.</summary>
    protected FenceWaitResult Outcome()
    {
        int decider = Volatile.Read(ref _decider);
        return Mode == FenceArrayMode.Any ? DescribeAny(decider) : DescribeAll(Nobody, decider);
    }

    protected void Release(int count = 1)
    {
        if (Interlocked.Add(ref _references, -count) == 0)
        {
            OnIdle();
        }
    }

    protected Fence GetMember(int index) => _members[index];

    /// <summary>Lets go of everything that a round refers to.</summary>
    protected void Forget()
    {
        Array.Clear(_members, 0, _count);
        for (int i = 0; i < _count; i++)
        {
            _nodes[i].DeliveredError = null;
            _nodes[i].Timeline = null; // in a list of several a node knows where it is
        }

        _count = 0;
    }

    private FenceWaitResult DescribeAny(int firstComplete)
    {
        // Time is over, but a member completed: the wait says so. Its callback may be on its way to decide the same or another.
        int decider = Volatile.Read(ref _decider);
        if (decider == Nobody)
        {
            decider = Interlocked.CompareExchange(ref _decider, firstComplete, Nobody);
            decider = decider == Nobody ? firstComplete : decider;
        }

        return decider == Nobody
            ? new FenceWaitResult(FenceStatus.Pending, Nobody)
            : new FenceWaitResult(_nodes[decider].DeliveredStatus, decider, _nodes[decider].DeliveredError);
    }

    private FenceWaitResult DescribeAll(int firstPending, int firstFaulted)
    {
        if (firstPending != Nobody)
        {
            return new FenceWaitResult(FenceStatus.Pending, firstPending);
        }

        int decider = Volatile.Read(ref _decider);
        decider = decider == Nobody ? firstFaulted : decider;
        return decider != Nobody
            ? new FenceWaitResult(FenceStatus.Faulted, decider, _nodes[decider].DeliveredError)
            : new FenceWaitResult(Volatile.Read(ref _retired) == 1 ? FenceStatus.Retired : FenceStatus.Signaled, Nobody);
    }
}
