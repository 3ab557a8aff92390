// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Tests.Fences;

/// <summary>Several fences as one.</summary>
public sealed class FenceArrayTests : IDisposable
{
    private readonly FenceTimeline _a = new("a");
    private readonly FenceTimeline _b = new("b");
    private readonly FenceArray _array = new("array", 4);
    private readonly RecordingCallback _callback = new();

    public void Dispose() => _array.Dispose();

    [Fact]
    public void All_is_complete_with_the_last_member_and_its_callback_is_called_once()
    {
        Fence fence = ArmAll(_a.Issue(), _b.Issue());
        Assert.True(fence.TryAddCallback(_callback));
        _a.Signal(1);
        Assert.False(fence.IsSignaled);
        _b.Signal(1);
        Assert.Equal(FenceStatus.Signaled, fence.Status);
        Assert.Equal(1, _callback.Calls);
        AssertQuiet();
    }

    [Fact]
    public void Any_is_complete_with_the_first_member_and_the_others_are_left_alone_at_once()
    {
        Fence fence = ArmAny(_a.Issue(), _b.Issue());
        Assert.True(fence.TryAddCallback(_callback));
        _b.Signal(1);
        Assert.Equal(FenceStatus.Signaled, fence.Status);
        Assert.Equal(1, _callback.Calls);
        AssertQuiet();
    }

    [Fact]
    public void Members_are_armed_only_when_somebody_waits()
    {
        Fence fence = ArmAll(_a.Issue(), _b.Issue());
        Assert.False(_a.IsWaitedFor());
        Assert.True(fence.TryAddCallback(_callback));
        Assert.True(_a.IsWaitedFor());
    }

    [Fact]
    public void Without_a_waiter_a_poll_completes_it_and_a_look_does_not()
    {
        Fence fence = ArmAll(_a.Issue(), _b.Issue());
        Assert.False(fence.TryPoll());
        _a.Signal(1);
        _b.Signal(1);
        Assert.False(fence.IsSignaled);
        Assert.True(fence.TryPoll());
        Assert.True(fence.IsSignaled);
        Assert.False(fence.TryAddCallback(_callback));
    }

    [Fact]
    public void A_waiter_that_comes_when_all_members_are_complete_is_refused_and_the_array_is_complete()
    {
        Fence fence = ArmAll(_a.Issue(), default);
        _a.Signal(1);
        Assert.False(fence.TryAddCallback(_callback));
        Assert.Equal(FenceStatus.Signaled, fence.Status);
        Assert.Equal(0, _callback.Calls);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_first_error_wins_whoever_comes_first(bool aFirst)
    {
        InvalidOperationException ofA = new("a");
        InvalidOperationException ofB = new("b");
        Fence fence = ArmAll(_a.Issue(), _b.Issue());
        Assert.True(fence.TryAddCallback(_callback));
        if (aFirst)
        {
            _a.Signal(1, ofA);
            Assert.False(fence.IsSignaled);
            _b.Signal(1, ofB);
        }
        else
        {
            _b.Signal(1, ofB);
            _a.Signal(1, ofA);
        }

        Assert.Same(aFirst ? ofA : ofB, fence.Error);
        Assert.Same(fence.Error, _callback.Error);
    }

    [Fact]
    public void Any_takes_the_outcome_of_the_first_and_no_error_that_comes_later()
    {
        Fence fence = ArmAny(_a.Issue(), _b.Issue());
        Assert.True(fence.TryAddCallback(_callback));
        _a.Signal(1);
        _b.Signal(1, new InvalidOperationException());
        Assert.Equal(FenceStatus.Signaled, fence.Status);
        Assert.Equal(FenceStatus.Signaled, _callback.Status);
    }

    [Fact]
    public void A_member_whose_outcome_was_forgotten_makes_the_array_retired_and_never_signaled()
    {
        FenceTimeline forgetful = new("forgetful", new FenceTimelineOptions { RetainedFaults = 1 });
        forgetful.Issue(2);
        forgetful.Signal(1, new InvalidOperationException());
        forgetful.Signal(2, new InvalidOperationException());
        Fence polled = ArmAll(forgetful.GetFence(1));
        Assert.True(polled.TryPoll());
        Assert.Equal((FenceStatus.Retired, null), (polled.Status, polled.Error));

        Fence waited = ArmAll(forgetful.GetFence(1), _a.Issue());
        Assert.True(waited.TryAddCallback(_callback));
        _a.Signal(1);
        Assert.Equal(FenceStatus.Retired, waited.Status);
        Assert.Equal(FenceStatus.Retired, _callback.Status);
    }

    [Fact]
    public void It_can_be_armed_again_and_an_old_fence_stays_complete()
    {
        Fence first = ArmAll(_a.Issue());
        Assert.False(_array.TryArmAll([_b.Issue()], out _));
        Assert.True(first.TryAddCallback(_callback));
        _a.Signal(1);
        Fence second = ArmAny(_b.GetFence(1));
        Assert.True(first.IsSignaled);
        Assert.False(second.IsSignaled);
        _b.Signal(1);
        Assert.True(second.TryPoll());
    }

    [Fact]
    public void It_can_be_armed_again_from_the_callback_of_its_own_fence()
    {
        int rounds = 0;
        RecordingCallback again = null!;
        again = new RecordingCallback(() =>
        {
            if (++rounds < 5)
            {
                Fence next = rounds % 2 == 0 ? ArmAll(_a.Issue(), _b.Issue()) : ArmAny(_a.Issue(), _b.Issue());
                Assert.True(next.TryAddCallback(again));
            }
        });
        long faults = FenceTimeline.CallbackFaults;
        Assert.True(ArmAny(_a.Issue(), _b.Issue()).TryAddCallback(again));
        for (ulong point = 1; point <= 5; point++)
        {
            _a.Signal(point);
            _b.Signal(point);
        }

        Assert.Equal(5, rounds);
        AssertQuiet();
    }

    [Fact]
    public void All_of_none_is_complete_and_any_of_none_is_refused()
    {
        Assert.True(ArmAll().IsSignaled);
        Assert.Throws<ArgumentException>("fences", () => _array.TryArmAny([], out _));
        Assert.Throws<ArgumentException>(() => _array.TryArmAll(new Fence[5], out _));
        Assert.Throws<ArgumentOutOfRangeException>("capacity", () => new FenceArray("x", 0));
    }

    [Fact] // Kernel scenarios 24 to 27: containers are seen as their leaves.
    public void An_array_among_the_members_is_replaced_by_its_members()
    {
        using FenceArray outer = new("outer", 4);
        Fence inner = ArmAll(_a.Issue(), _b.Issue());
        FenceTimeline c = new("c");
        Assert.True(outer.TryArmAll([inner, c.Issue()], out Fence fence));
        Assert.True(fence.TryAddCallback(_callback));
        Assert.True(_a.IsWaitedFor() && _b.IsWaitedFor());

        _a.Signal(1);
        _b.Signal(1);
        Assert.False(fence.IsSignaled);
        Assert.False(inner.IsSignaled); // nobody waits for it, so it was not armed: the outer one went past it
        c.Signal(1);
        Assert.True(fence.IsSignaled);
    }

    [Fact] // 24
    public void An_array_that_nobody_uses_any_more_goes_away_although_its_members_are_pending()
    {
        WeakReference array = Make(_a.Issue());
        Limit.Until(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return !array.IsAlive;
            },
            "The collection of the array");
        Assert.False(_a.IsWaitedFor());

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Make(Fence member)
        {
            FenceArray array = new("dropped", 1);
            Assert.True(array.TryArmAll([member], out _));
            return new WeakReference(array);
        }
    }

    [Fact]
    public void What_cannot_be_flattened_is_refused()
    {
        using FenceArray outer = new("outer", 3);
        Fence any = ArmAny(_a.Issue(), _b.Issue());
        Assert.Throws<ArgumentException>(() => outer.TryArmAll([any, any], out _));
        Assert.Throws<ArgumentException>(() => outer.TryArmAny([any, any], out _)); // four leaves, room for three
        _a.Signal(1);
        Assert.True(any.TryPoll());
        Assert.True(outer.TryArmAll([any], out Fence fence)); // complete: a plain fence
        Assert.True(fence.TryPoll());
    }

    [Fact]
    public void A_deadline_is_passed_on_to_every_member()
    {
        ManualTimeProvider clock = new();
        FenceTimelineOptions options = new() { TimeProvider = clock };
        FenceTimeline c = new("c", options);
        FenceTimeline d = new("d", options);
        using FenceArray array = new("array", 2, options);
        Assert.True(array.TryArmAll([c.Issue(), d.Issue()], out Fence fence));

        fence.SetDeadline(TimeSpan.FromSeconds(5));
        fence.SetDeadline(TimeSpan.FromSeconds(9));

        Assert.True(c.TryGetDeadline(out long ofC) && d.TryGetDeadline(out long ofD) && ofC == ofD);
        Assert.Equal(TimeSpan.FromSeconds(5).Ticks, ofC);
    }

    [Fact]
    public void Disposing_faults_a_pending_fence_and_leaves_nothing_in_the_members()
    {
        Fence fence = ArmAll(_a.Issue(), _b.Issue());
        Assert.True(fence.TryAddCallback(_callback));
        _a.Signal(1);
        _array.Dispose();
        _array.Dispose();
        Assert.IsType<FenceAbandonedException>(_callback.Error);
        AssertQuiet();
        Assert.Throws<ObjectDisposedException>(() => ArmAll(_a.Issue()));
    }

    [Fact]
    public void Arming_waiting_and_completing_allocates_nothing()
    {
        Fence[] members = new Fence[3];
        Assert.Equal(0, Allocation.Of(() =>
        {
            members[0] = _a.Issue();
            members[1] = _b.Issue();
            members[2] = _a.Issue();
            _array.TryArmAll(members, out Fence all);
            all.TryAddCallback(_callback);
            _a.Signal(members[2]);
            _b.Signal(members[1]);
        }));
        Assert.Equal(4_000, _callback.Calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Members_that_signal_while_the_array_is_armed_complete_it_once_each_round(bool isAny)
    {
        const int Rounds = 20_000;
        using Barrier round = new(3);
        Fence[] members = new Fence[2];
        Fence current = default;

        TestThread.RunTogether(
            () =>
            {
                for (int i = 0; i < Rounds; i++)
                {
                    members[0] = _a.Issue();
                    members[1] = _b.Issue();
                    SpinWait spin = default;
                    while (!(isAny ? _array.TryArmAny(members, out current) : _array.TryArmAll(members, out current)))
                    {
                        spin.SpinOnce(-1);
                    }

                    Limit.On(round);
                    int before = _callback.Calls;
                    bool added = current.TryAddCallback(_callback);
                    Limit.On(round);
                    Limit.Until(current.TryPoll, "Completing the array");
                    Limit.Until(() => _callback.Calls - before == (added ? 1 : 0), "The callback");
                }
            },
            () => Signal(_a),
            () => Signal(_b));
        AssertQuiet();

        void Signal(FenceTimeline timeline)
        {
            for (ulong i = 1; i <= Rounds; i++)
            {
                Limit.On(round);
                timeline.Signal(i);
                Limit.On(round);
            }
        }
    }

    private Fence ArmAll(params Fence[] members)
    {
        Assert.True(_array.TryArmAll(members, out Fence fence));
        return fence;
    }

    private Fence ArmAny(params Fence[] members)
    {
        Assert.True(_array.TryArmAny(members, out Fence fence));
        return fence;
    }

    private void AssertQuiet()
    {
        TimelineProbe.AssertQuiet(_a);
        TimelineProbe.AssertQuiet(_b);
    }
}
