// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// Watches several fences for one owner: has their nodes, the member that decided the round, and a count of references. The derived class
/// defines what a decision leads to: a wait wakes its thread, an array signals its own fence.
/// </summary>
/// <remarks>
/// <code>
/// Begin ──► Watch (adds the nodes) ──► Unwatch (removes those that are left) ──► the owner releases ──► the last reference: OnIdle
///                    └── members signal ──► Complete ── true if it decides ───► release ─┘
/// </code>
/// While the nodes are being added, a decision has no effect yet; Watch reports it at its end. So the party that decides may remove the
/// nodes, and run the waiter, at once. A node that was detached from its timeline but has not run yet cannot be reused, and the owner cannot
/// wait until it has run: its signaler may be running the owner's own code first. So every queued or detached node has a reference to the
/// set, and the set is free for the next round when the last reference is released. References are acquired and released many at a time: an
/// interlocked operation per node would double the cost of a wait.
/// </remarks>
internal abstract partial class FenceSet
{
    private const int Nobody = -1;
    private const int NobodyYet = -2; // mode Any, while the nodes are being added

    private FenceSetNode[] _nodes = []; // from Begin to Forget each node has the timeline and the target of its member
    private int _count;
    private int _watched;    // the number of members, from the first on, for which Watch has added a node, or found them complete
    private int _references; // one for the owner, and one for each node that may still run
    private int _left;       // mode All: the number of pending members, and the two flags below
    private int _decider;    // mode Any: the member that completed first; mode All: the member that faulted first
    private int _retired;    // mode All: 1 when the outcome of a member is unknown
    private bool _endsAtFailure;

    // A flag of _left: nodes are being added, so only Watch may decide.
    private const int Watching = 1 << 30;

    // A flag of _left, if the round ends at the first failure: a member has failed. That member is not counted down, so the count never
    // reaches zero.
    private const int Failed = 1 << 29;

    internal FenceSetMode Mode { get; private set; }

    internal int MemberCount => _count;

    /// <summary>Whether no node is in use any longer, so that the next round may begin.</summary>
    internal bool IsIdle => Volatile.Read(ref _references) == 0;

    /// <summary>Describes the waiters for a member of the set.</summary>
    internal abstract void DescribeWaits(Fence member, List<FenceWait> waits);

    internal abstract void OnMemberSignaled(int index, FenceStatus status);

    /// <summary>Called when the last reference was released. The set may be reused from here on.</summary>
    protected abstract void OnIdle();

    /// <summary>Starts a round. The caller becomes its owner, and must call <see cref="Release"/> in the end. Allocates only to grow.</summary>
    /// <param name="fences">The members.</param>
    /// <param name="mode">Whether the round ends with the first member or with all.</param>
    /// <param name="endsAtFailure">In mode All: whether the first member that faults, or whose outcome is unknown, decides the round at once.</param>
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

    [MethodImpl(MethodImplOptions.NoInlining)] // contains only a loop; see FenceSet.Watching.cs
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

    /// <summary>Notes that a member is complete. True if it decides the round: then the caller must do what the decision leads to.</summary>
    protected bool Complete(int index, FenceStatus status)
    {
        if (Mode == FenceSetMode.Any)
        {
            int decider = Interlocked.CompareExchange(ref _decider, index, Nobody);
            while (decider == NobodyYet)
            {
                if (Interlocked.CompareExchange(ref _decider, index, NobodyYet) == NobodyYet)
                {
                    return false; // decided, but Watch reports it
                }

                decider = Interlocked.CompareExchange(ref _decider, index, Nobody); // Watch has ended, or another member was first
            }

            return decider == Nobody;
        }

        if (_endsAtFailure && status is FenceStatus.Faulted or FenceStatus.Retired)
        {
            Interlocked.CompareExchange(ref _decider, index, Nobody);
            return (Interlocked.Or(ref _left, Failed) & (Failed | Watching)) == 0; // true for the first failure, unless Watch reports it
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
        // A party with all remaining references needs no interlocked operation. The acquire read pairs with the interlocked operations of the
        // others, so what they did is visible.
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

    /// <summary>Clears all references of the round to its members.</summary>
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
