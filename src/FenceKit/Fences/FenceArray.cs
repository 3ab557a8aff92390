// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// Several fences as one: a fence that is complete when all of them are, or the first of them is. Made once and armed again and again;
/// arming allocates nothing. As dma_fence_array.
/// </summary>
/// <remarks>
/// <para>
/// <b>Lazy</b>: the members get their callbacks when the first waiter comes to the array's fence. Until then nothing signals it: who
/// only looks calls <see cref="Fence.TryPoll"/>, since <see cref="Fence.IsSignaled"/> never asks the members.
/// </para>
/// <para>
/// <b>Outcome</b>: the error of the member that faulted first, if one did before the array completed. All waits for all members also
/// when one faults. A deadline that is asked of the array is passed on to every member.
/// </para>
/// <para>
/// <b>Never nests</b>: a member that is an array's fence is replaced by that array's members, so waiting costs one level however sets
/// are composed.
/// </para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time.</para>
/// </remarks>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public sealed class FenceArray : IDisposable
{
    private readonly Lock _arming = new();
    private readonly ArrayTimeline _timeline;

    /// <summary>Creates the array with room for a number of members.</summary>
    /// <param name="name">Who produces its fences: it appears in errors, reports and the debugger.</param>
    /// <param name="capacity">How many members at most, at least 1.</param>
    /// <param name="options">Remembered faults, and the clock of timed waits; null for the usual ones.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is less than 1, or an option is out of its range.</exception>
    public FenceArray(string name, int capacity, FenceTimelineOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        options ??= FenceTimelineOptions.Default;
        Capacity = capacity;
        _timeline = new ArrayTimeline(name, capacity, options, FenceWaiterPools.For(options.PoolProvider));
    }

    /// <summary>How many members at most.</summary>
    public int Capacity { get; }

    /// <summary>Makes one fence of several.</summary>
    /// <param name="fences">The members. All of none is complete at once.</param>
    /// <param name="mode">Whether all or any.</param>
    /// <param name="fence">The fence of the whole.</param>
    /// <returns>
    /// False while the last fence is still pending, or callbacks of its members are still on their way out: use another array, or come back.
    /// </returns>
    /// <remarks>Never blocks, never allocates. May be called from a callback of the array's own last fence.</remarks>
    /// <exception cref="ArgumentException">
    /// More members than <see cref="Capacity"/>; or any of none; or a member is the fence of a pending array of the other mode, which
    /// cannot be flattened.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mode"/> is none of the named values.</exception>
    /// <exception cref="ObjectDisposedException">The array is disposed.</exception>
    public bool TryArm(ReadOnlySpan<Fence> fences, FenceArrayMode mode, out Fence fence)
    {
        if (mode is not (FenceArrayMode.All or FenceArrayMode.Any))
        {
            throw new ArgumentOutOfRangeException(nameof(mode), mode, "Neither all nor any.");
        }

        if (mode == FenceArrayMode.Any)
        {
            FenceThrow.IfEmpty(fences);
        }

        _arming.EnterShielded();
        try
        {
            if (!_timeline.TryArm(fences, mode, out fence))
            {
                return false;
            }
        }
        finally
        {
            _arming.Exit();
        }

        if (FenceContract.IsChecked && mode == FenceArrayMode.All)
        {
            foreach (Fence member in fences)
            {
                FenceContract.Compose(_timeline.ContractMap, member.Timeline?.ContractMap);
            }
        }

        return true;
    }

    /// <summary>Ends the array. A fence that is pending faults with <see cref="FenceAbandonedException"/>. A second call does nothing.</summary>
    public void Dispose() => _timeline.Dispose();

    private string DebuggerDisplay => _timeline.Describe();

    /// <summary>The fence of the whole is a point of this timeline; one point for each arming.</summary>
    private sealed class ArrayTimeline : FenceTimeline
    {
        private readonly Set _set;
        private readonly int _capacity;

        internal ArrayTimeline(string name, int capacity, FenceTimelineOptions options, FenceWaiterPools pools)
            : base(name, options, pools)
        {
            _capacity = capacity;
            _set = new Set(this, capacity);
            ArmOnFirstWaiter();
            FenceTimelines.Add(this);
        }

        internal override bool IsContainer => true;

        internal bool TryArm(ReadOnlySpan<Fence> fences, FenceArrayMode mode, out Fence fence)
        {
            fence = default;
            if (Completed < Issued || !_set.IsIdle)
            {
                return false;
            }

            int count = Flatten(fences, mode, _set.Scratch);
            fence = Issue();
            _set.Begin(_set.Scratch.AsSpan(0, count), mode, fence.Target);
            return true;
        }

        protected override bool OnEnableSignaling(ulong point)
        {
            _set.WatchMembers(TimelineState.TargetOf(point));
            return true;
        }

        protected override void OnDeadline(ulong point, long timestamp)
        {
            TimeSpan left = TimeProvider.GetElapsedTime(TimeProvider.GetTimestamp(), timestamp);
            _set.PassOnDeadline(TimelineState.TargetOf(point), left);
        }

        internal override bool PollCore() => _set.PollMembers();

        internal string Describe() => $"{Name}: {(Completed < Issued ? $"pending, {_set.Mode} of {_set.MemberCount}" : "idle")}";

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            _set.Abandon();
        }

        private int Flatten(ReadOnlySpan<Fence> fences, FenceArrayMode mode, Span<Fence> flat)
        {
            int count = 0;
            foreach (Fence fence in fences)
            {
                if (fence.Timeline is not ArrayTimeline inner)
                {
                    count = Add(fence, flat, count);
                    continue;
                }

                int members = inner._set.CopyMembers(fence, mode, flat[count..]);
                count = members < 0 ? Add(fence, flat, count) : count + members; // complete: its own outcome is what counts
            }

            return count;
        }

        private int Add(Fence fence, Span<Fence> flat, int count)
        {
            if (count == _capacity)
            {
                throw new ArgumentException($"The array '{Name}' has room for {_capacity} fences.");
            }

            flat[count] = fence;
            return count + 1;
        }
    }

    private sealed class Set : FenceSet
    {
        // What has been done about the members in this round:
        //
        //   Lazy ──first waiter──► Watching (until the round ends)
        //    └──── TryPoll finds it complete, or disposed ────► Over
        private const int Lazy = 0;
        private const int Watching = 1;
        private const int Over = 2;

        private readonly ArrayTimeline _timeline;
        private readonly Lock _gate = new(); // so that members are not copied while the next round replaces them
        private readonly Fence[] _members;
        private ulong _target;
        private int _stage = Over;
        private int _claimed;  // 1 once somebody ends the round: the member that decided, or Dispose
        private int _arrivals; // the one who adds the nodes and the one who ends the round: the later one cleans up
        private bool _abandoned;
        private FenceWaitResult _outcome;

        internal Set(ArrayTimeline timeline, int capacity)
        {
            _timeline = timeline;
            _members = new Fence[capacity];
            Scratch = new Fence[capacity];
            EnsureCapacity(capacity);
        }

        internal Fence[] Scratch { get; }

        private ReadOnlySpan<Fence> Members => _members.AsSpan(0, MemberCount);

        internal void Begin(ReadOnlySpan<Fence> fences, FenceArrayMode mode, ulong target)
        {
            _gate.EnterShielded();
            try
            {
                Begin(fences, mode);
                fences.CopyTo(_members);
                _claimed = 0;
                _arrivals = 0;
                Volatile.Write(ref _target, target);
                Volatile.Write(ref _stage, Lazy);
            }
            finally
            {
                _gate.Exit();
            }

            if (fences.IsEmpty)
            {
                PollMembers();
            }
        }

        internal void WatchMembers(ulong target)
        {
            if (target != Volatile.Read(ref _target) || Interlocked.CompareExchange(ref _stage, Watching, Lazy) != Lazy)
            {
                return;
            }

            if (Watch() && TryClaim())
            {
                _outcome = Outcome();
                Interlocked.Increment(ref _arrivals);
            }

            if (Interlocked.Increment(ref _arrivals) == 2)
            {
                Finish(ownNode: false);
            }
        }

        /// <summary>Looks at the members, and completes the array if they do. Does nothing when the members have our nodes: they will call.</summary>
        internal bool PollMembers()
        {
            FenceWaitResult result;
            ulong target;
            _gate.EnterShielded();
            try
            {
                target = _target;
                if (Volatile.Read(ref _stage) != Lazy
                    || !TryJudge(out result)
                    || Interlocked.CompareExchange(ref _stage, Over, Lazy) != Lazy)
                {
                    return false;
                }
            }
            finally
            {
                _gate.Exit();
            }

            Release();
            return SignalArray(target, result);
        }

        /// <summary>The array's fence has its outcome by now; here the nodes leave the members' timelines.</summary>
        internal void Abandon()
        {
            if (Interlocked.CompareExchange(ref _stage, Over, Lazy) == Lazy)
            {
                Release();
            }
            else if (Volatile.Read(ref _stage) == Watching && TryClaim())
            {
                _abandoned = true;
                if (Interlocked.Increment(ref _arrivals) == 2)
                {
                    Finish(ownNode: false);
                }
            }
        }

        internal void PassOnDeadline(ulong target, TimeSpan left)
        {
            _gate.EnterShielded();
            try
            {
                if (target == _target)
                {
                    foreach (Fence member in Members)
                    {
                        member.SetDeadline(left);
                    }
                }
            }
            finally
            {
                _gate.Exit();
            }
        }

        /// <summary>For another array that has our fence as a member. -1: it is complete, and so a plain member.</summary>
        internal int CopyMembers(Fence fence, FenceArrayMode mode, Span<Fence> into)
        {
            _gate.EnterShielded();
            try
            {
                if (fence.IsSignaled || fence.Target != _target)
                {
                    return -1;
                }

                if (Mode != mode && Members.Length > 1)
                {
                    throw new ArgumentException(
                        $"The fence {fence} is {Mode} of {Members.Length} fences; it cannot be a member of {mode} of several.");
                }

                if (Members.Length > into.Length)
                {
                    throw new ArgumentException("The array has no room for the members of an array among its members.");
                }

                Members.CopyTo(into);
                return Members.Length;
            }
            finally
            {
                _gate.Exit();
            }
        }

        internal override void DescribeWaits(Fence member, List<FenceWait> waits) =>
            waits.Add(FenceWait.Of(new Fence(_timeline, TimelineState.PointOf(Volatile.Read(ref _target))), member));

        internal override void OnMemberSignaled(int index, FenceStatus status)
        {
            if (Complete(index, status) && TryClaim())
            {
                _outcome = Outcome();
                if (Interlocked.Increment(ref _arrivals) == 2)
                {
                    Finish(ownNode: true);
                    return;
                }
            }

            Release();
        }

        protected override void OnIdle()
        {
        }

        private bool TryClaim() => Interlocked.CompareExchange(ref _claimed, 1, 0) == 0;

        /// <summary>First everything is given back, then the array's fence is signaled: its callbacks may arm the array again.</summary>
        private void Finish(bool ownNode)
        {
            FenceWaitResult outcome = _outcome;
            ulong target = _target;
            bool abandoned = _abandoned;
            int removed = 0;
            if (Mode == FenceArrayMode.Any || abandoned)
            {
                Unwatch(out removed);
            }

            Release(removed + (ownNode ? 2 : 1));
            if (!abandoned)
            {
                SignalArray(target, outcome);
            }
        }

        private bool TryJudge(out FenceWaitResult result) => Mode == FenceArrayMode.Any
            ? Fence.TryFindComplete(Members, out result)
            : Fence.TryFindAllComplete(Members, out result);

        private bool SignalArray(ulong target, FenceWaitResult outcome) => outcome.Status switch
        {
            FenceStatus.Faulted => _timeline.FaultCore(target, outcome.Error!, poison: false),
            FenceStatus.Retired => _timeline.FaultCore(target, FenceTimeline.UnknownOutcome, poison: false),
            _ => _timeline.SignalCore(target),
        };
    }
}
