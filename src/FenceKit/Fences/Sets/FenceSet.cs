// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

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
internal abstract partial class FenceSet
{
    private const int Nobody = -1;
    private const int NobodyYet = -2; // Any, while the nodes are being added

    private FenceSetNode[] _nodes = []; // each belongs to the timeline of its member, and knows its target, from Begin to Forget
    private int _count;
    private int _watched;    // the first so many members have a node in a list, or were complete when it was their turn
    private int _references; // the owner's, and one for each node that may still run
    private int _left;       // All: members that have yet to complete, and the two flags below
    private int _decider;    // Any: the first that completed; All: the first that faulted
    private int _retired;    // All: 1 when the outcome of a member is unknown
    private bool _endsAtFailure;

    // All: nodes are being added, so nobody but Watch decides.
    private const int Watching = 1 << 30;

    // All that ends at the first failure: a member failed. It does not count down, so nobody counts to zero any more.
    private const int Failed = 1 << 29;

    internal FenceSetMode Mode { get; private set; }

    internal int MemberCount => _count;

    /// <summary>Nobody holds a node: the next round may begin.</summary>
    internal bool IsIdle => Volatile.Read(ref _references) == 0;

    /// <summary>Says who waits for a member, by way of the set.</summary>
    internal abstract void DescribeWaits(Fence member, List<FenceWait> waits);

    internal abstract void OnMemberSignaled(int index, FenceStatus status);

    /// <summary>The last reference is gone. The set may serve somebody else as soon as this is called.</summary>
    protected abstract void OnIdle();

    /// <summary>Starts a round; the caller owns it and calls <see cref="Release"/> in the end. Allocates only to grow.</summary>
    /// <param name="fences">The members.</param>
    /// <param name="mode">Whether all or any.</param>
    /// <param name="endsAtFailure">Of all: whether the first member that faults, or whose outcome is unknown, decides the round at once.</param>
    protected void Begin(ReadOnlySpan<Fence> fences, FenceSetMode mode, bool endsAtFailure = false)
    {
        Debug.Assert(IsIdle, "A round begins when the last one is over.");
        EnsureCapacity(fences.Length);
        SetMembers(fences);
        _count = fences.Length;
        _watched = 0;
        _left = fences.Length | Watching;
        _endsAtFailure = endsAtFailure;
        _decider = mode == FenceSetMode.Any ? NobodyYet : Nobody;
        _retired = 0;
        Mode = mode;
        Volatile.Write(ref _references, 1);
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // a loop, see FenceSet.Watching.cs
    private void SetMembers(ReadOnlySpan<Fence> fences)
    {
        Span<FenceSetNode> nodes = _nodes.AsSpan(0, fences.Length);
        for (int i = 0; i < nodes.Length; i++)
        {
            FenceSetNode node = nodes[i];
            node.Target = fences[i].Target;
            node.Timeline = fences[i].Timeline;
        }
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
        for (int i = before; i < capacity; i++)
        {
            _nodes[i] = new FenceSetNode(this, i);
        }
    }

    /// <summary>A member is complete. True for the one that decides the round and has to act.</summary>
    protected bool Complete(int index, FenceStatus status)
    {
        if (Mode == FenceSetMode.Any)
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

        if (_endsAtFailure && status is FenceStatus.Faulted or FenceStatus.Retired)
        {
            Interlocked.CompareExchange(ref _decider, index, Nobody);
            return (Interlocked.Or(ref _left, Failed) & (Failed | Watching)) == 0; // the first, unless it falls to Watch
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

    protected void Release(int count = 1)
    {
        // A party that has all references that are left need not count against anybody. The acquire pairs with the others' counting: what they did is done.
        if (Volatile.Read(ref _references) == count)
        {
            Volatile.Write(ref _references, 0); // pairs with IsIdle
            OnIdle();
        }
        else if (Interlocked.Add(ref _references, -count) == 0)
        {
            OnIdle();
        }
    }

    protected Fence GetMember(int index) =>
        _nodes[index].Timeline is { } timeline ? new Fence(timeline, TimelineState.PointOf(_nodes[index].Target)) : default;

    /// <summary>Lets go of everything that a round refers to.</summary>
    protected void Forget()
    {
        foreach (FenceSetNode node in _nodes.AsSpan(0, _count))
        {
            node.Timeline = null;
            node.DeliveredError = null;
        }

        _count = 0;
    }
}
