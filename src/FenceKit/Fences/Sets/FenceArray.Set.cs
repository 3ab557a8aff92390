// SPDX-License-Identifier: MIT
namespace FenceKit;

// The members of the present round of the array, from one call of TryArm to the next.
public sealed partial class FenceArray
{
    private sealed class Set : FenceSet
    {
        // How the members are watched in this round:
        //
        //   Lazy ──first waiter──► Watching (until the round ends)
        //    └──── TryPoll finds it complete, or it is disposed ──► Over
        private const int Lazy = 0;
        private const int Watching = 1;
        private const int Over = 2;

        private readonly ArrayTimeline _timeline;
        private readonly Lock _lock = new(); // keeps members from being copied while the next round replaces them
        private readonly Fence[] _members;
        private ulong _target;
        private int _stage = Over;
        private int _claimed;  // 1 once the round has an end: by the deciding member, or by Dispose
        private int _arrivals; // counts the thread that adds the nodes and the thread that ends the round; the second one cleans up
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

        internal void Begin(ReadOnlySpan<Fence> fences, FenceSetMode mode, ulong target)
        {
            using (_lock.EnterShieldedScope())
            {
                Begin(fences, mode);
                fences.CopyTo(_members);
                _claimed = 0;
                _arrivals = 0;
                Volatile.Write(ref _target, target);
                Volatile.Write(ref _stage, Lazy);
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

        /// <summary>
        /// Polls the members, and completes the array if they are complete. Does nothing when the nodes were added to the members, which will
        /// signal the array.
        /// </summary>
        internal bool PollMembers()
        {
            FenceWaitResult result;
            ulong target;
            using (_lock.EnterShieldedScope())
            {
                target = _target;
                if (Volatile.Read(ref _stage) != Lazy
                    || !TryJudge(out result)
                    || Interlocked.CompareExchange(ref _stage, Over, Lazy) != Lazy)
                {
                    return false;
                }
            }

            Release();
            return SignalArray(target, result);
        }

        /// <summary>Called after the array's fence was faulted by Dispose: removes the nodes from the members' timelines.</summary>
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

        /// <summary>
        /// Passes a deadline to the members. Takes the lock for each member anew, because the hook of its driver must not be called under the
        /// lock.
        /// </summary>
        internal void PassOnDeadline(ulong target, TimeSpan left)
        {
            for (int index = 0; TryGetMember(target, index, out Fence member); index++)
            {
                member.SetDeadline(left);
            }
        }

        private bool TryGetMember(ulong target, int index, out Fence member)
        {
            _lock.EnterShielded();
            bool isMember = target == _target && index < MemberCount;
            member = isMember ? _members[index] : default;
            _lock.Exit();
            return isMember;
        }

        /// <summary>
        /// Copies the members for another array that has this array's fence as a member. -1 if the fence is complete, and can be a member
        /// itself.
        /// </summary>
        internal int CopyMembers(Fence fence, FenceSetMode mode, Span<Fence> into)
        {
            using InterruptShield.ShieldedScope scope = _lock.EnterShieldedScope();
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

        /// <summary>Releases all references first, and then signals the array's fence, because its callbacks may arm the array again.</summary>
        private void Finish(bool ownNode)
        {
            FenceWaitResult outcome = _outcome;
            ulong target = _target;
            bool abandoned = _abandoned;
            int removed = 0;
            if (Mode == FenceSetMode.Any || abandoned)
            {
                Unwatch(out removed);
            }

            Release(removed + (ownNode ? 2 : 1));
            if (!abandoned)
            {
                SignalArray(target, outcome);
            }
        }

        private bool TryJudge(out FenceWaitResult result) => Mode == FenceSetMode.Any
            ? Fence.TryFindComplete(Members, out result)
            : Fence.TryFindAllComplete(Members, out result);

        private bool SignalArray(ulong target, FenceWaitResult outcome) => outcome.Status switch
        {
            FenceStatus.Faulted => _timeline.FaultCore(target, outcome.Error!, poison: false),
            FenceStatus.Retired => _timeline.FaultCore(target, FaultLog.UnknownOutcome, poison: false),
            _ => _timeline.SignalCore(target),
        };
    }
}
