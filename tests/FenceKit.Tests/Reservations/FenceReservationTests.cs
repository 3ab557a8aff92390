// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Reservations;

/// <summary>The fences of a resource, by usage. Kernel scenarios 34 to 38 (st-dma-resv) for each of the four usages, and rule R19.</summary>
public sealed class FenceReservationTests : IDisposable
{
    private readonly FenceReservation _reservation = new(new WoundWaitLock(new WoundWaitClass("buffers")));
    private readonly FenceTimeline _a = new("a");
    private readonly FenceTimeline _b = new("b");

    public static TheoryData<FenceUsage> Usages => [FenceUsage.Kernel, FenceUsage.Write, FenceUsage.Read, FenceUsage.Bookkeep];

    /// <summary>What a test leaves held, its thread would hold in the next test, too.</summary>
    public void Dispose()
    {
        if (_reservation.Lock.IsHeld)
        {
            _reservation.Lock.Unlock();
        }
    }

    [Fact] // 34
    public void Its_lock_is_taken_and_given_back_without_a_context()
    {
        Assert.True(_reservation.Lock.TryLock());
        _reservation.Lock.Unlock();
        Assert.Throws<InvalidOperationException>(() => _reservation.Reserve(1));
    }

    [Theory] // 35
    [MemberData(nameof(Usages))]
    public void A_fence_that_was_added_is_pending_until_it_signals(FenceUsage usage)
    {
        Assert.True(_reservation.IsSignaled(usage));
        Fence fence = Add(_a.Issue(), usage);
        Assert.False(_reservation.IsSignaled(usage));
        Assert.Equal(FenceStatus.Pending, _reservation.Wait(usage, TimeSpan.Zero));
        _a.Signal(fence);
        Assert.True(_reservation.IsSignaled(usage));
        Assert.Equal(FenceStatus.Signaled, _reservation.Wait(usage, TimeSpan.Zero));
    }

    [Theory] // 36, 38
    [MemberData(nameof(Usages))]
    public void Walking_gives_exactly_the_fence_with_its_usage(FenceUsage usage)
    {
        Fence fence = Add(_a.Issue(), usage);
        List<(Fence, FenceUsage, bool)> seen = [];
        FenceReservationEnumerator walk = _reservation.Fences(usage);
        while (walk.MoveNext())
        {
            seen.Add((walk.Current, walk.Usage, walk.IsRestarted));
        }

        Assert.Equal([(fence, usage, true)], seen);
        Fence[] copy = new Fence[4];
        Assert.Equal(1, _reservation.CopyFences(usage, copy));
        Assert.Equal(fence, copy[0]);
    }

    [Theory] // 37
    [MemberData(nameof(Usages))]
    public void A_change_during_the_walk_restarts_it_and_says_so(FenceUsage usage)
    {
        Fence first = Add(_a.Issue(), usage);
        FenceReservationEnumerator walk = _reservation.Fences(usage);
        Assert.True(walk.MoveNext());
        Fence second = Add(_b.Issue(), usage);

        Assert.True(walk.MoveNext());
        Assert.True(walk.IsRestarted);
        Assert.Equal(first, walk.Current);
        Assert.True(walk.MoveNext());
        Assert.False(walk.IsRestarted);
        Assert.Equal(second, walk.Current);
        Assert.False(walk.MoveNext());
    }

    [Fact]
    public void Asking_for_a_usage_gives_the_stronger_ones_too()
    {
        FenceTimeline[] timelines = [.. Enumerable.Range(0, 4).Select(i => new FenceTimeline($"{i}"))];
        Fence[] fences = [.. timelines.Select((timeline, i) => Add(timeline.Issue(), (FenceUsage)i))];
        for (int usage = 0; usage < 4; usage++)
        {
            Fence[] copy = new Fence[4];
            Assert.Equal(usage + 1, _reservation.CopyFences((FenceUsage)usage, copy));
            Assert.Equal(fences[..(usage + 1)], copy[..(usage + 1)]);
        }
    }

    [Fact]
    public void Of_a_timeline_the_later_point_stays_and_its_usage_is_promoted_but_never_degraded()
    {
        Add(_a.Issue(), FenceUsage.Bookkeep);
        Assert.True(_reservation.IsSignaled(FenceUsage.Read));
        Add(_a.Issue(), FenceUsage.Read);
        Add(_a.Issue(), FenceUsage.Write);
        Fence last = Add(_a.Issue(), FenceUsage.Read);
        Add(_a.GetFence(1), FenceUsage.Bookkeep);

        Assert.Equal(1, _reservation.Count);
        FenceReservationEnumerator walk = _reservation.Fences(FenceUsage.Write);
        Assert.True(walk.MoveNext());
        Assert.Equal((last, FenceUsage.Write), (walk.Current, walk.Usage));
    }

    [Fact]
    public void An_entry_that_is_complete_does_not_hand_its_usage_on()
    {
        Add(_a.Issue(), FenceUsage.Write);
        _a.Signal(1);
        Add(_a.Issue(), FenceUsage.Bookkeep);
        Assert.True(_reservation.IsSignaled(FenceUsage.Read));
        Assert.False(_reservation.IsSignaled(FenceUsage.Bookkeep));
    }

    [Fact]
    public void Adding_needs_a_slot_reserved_under_the_same_hold_of_the_lock()
    {
        Assert.Throws<InvalidOperationException>(() => _reservation.Add(_a.Issue(), FenceUsage.Read));
        Assert.True(_reservation.Lock.TryLock());
        Assert.Throws<InvalidOperationException>(() => _reservation.Add(_a.Issue(), FenceUsage.Read));
        _reservation.Reserve(1);
        _reservation.Add(_a.Issue(), FenceUsage.Read);
        Assert.Throws<InvalidOperationException>(() => _reservation.Add(_b.Issue(), FenceUsage.Read));
        _reservation.Reserve(2);
        _reservation.Lock.Unlock();
        Assert.True(_reservation.Lock.TryLock());
        Assert.Throws<InvalidOperationException>(() => _reservation.Add(_b.Issue(), FenceUsage.Read)); // reserved, then unlocked
    }

    [Fact]
    public void Adding_what_was_reserved_allocates_nothing()
    {
        Assert.True(_reservation.Lock.TryLock());
        FenceTimeline[] timelines = [.. Enumerable.Range(0, 64).Select(i => new FenceTimeline($"{i}", new FenceTimelineOptions { IsExported = true }))];
        _reservation.Reserve(64);
        Action<FenceTimeline> add = timeline => _reservation.Add(timeline.Issue(), FenceUsage.Read);
        long bytes = Allocation.Count(() => Array.ForEach(timelines, add), rounds: 1);
        Assert.Equal(0, bytes);
        Assert.Equal(64, _reservation.Count);
        Assert.Equal(0, Allocation.Of(() => _reservation.IsSignaled(FenceUsage.Read)));
    }

    [Fact]
    public void The_fence_of_an_array_is_refused_and_so_is_what_is_no_usage()
    {
        using FenceArray array = new("array", 2);
        Assert.True(array.TryArmAll([_a.Issue(), _b.Issue()], out Fence fence));
        Assert.True(_reservation.Lock.TryLock());
        _reservation.Reserve(1);
        Assert.Throws<ArgumentException>("fence", () => _reservation.Add(fence, FenceUsage.Read));
        Assert.Throws<ArgumentOutOfRangeException>("usage", () => _reservation.Add(default, (FenceUsage)4));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => _reservation.Reserve(0));
    }

    [Fact]
    public void A_timeline_can_be_replaced_by_another_fence()
    {
        Fence old = Add(_a.Issue(), FenceUsage.Write);
        Fence replacement = _b.Issue();
        Assert.True(_reservation.Lock.TryLock());
        Assert.True(_reservation.Replace(old, replacement, FenceUsage.Read));
        Assert.False(_reservation.Replace(old, replacement, FenceUsage.Read));
        Assert.True(_reservation.IsSignaled(FenceUsage.Write));
        Fence[] copy = new Fence[2];
        Assert.Equal(1, _reservation.CopyFences(FenceUsage.Read, copy));
        Assert.Equal(replacement, copy[0]);
        Assert.True(_reservation.Replace(replacement, default, FenceUsage.Read));
        Assert.Equal(0, _reservation.Count);
    }

    [Fact]
    public void A_singleton_is_nothing_the_fence_itself_or_an_array()
    {
        using FenceArray array = new("array", 2);
        Assert.True(_reservation.TryGetSingleton(FenceUsage.Read, array, out Fence none));
        Assert.True(none.IsSignaled);
        Fence one = Add(_a.Issue(), FenceUsage.Read);
        Assert.True(_reservation.TryGetSingleton(FenceUsage.Read, array, out Fence single));
        Assert.Equal(one, single);
        Fence two = Add(_b.Issue(), FenceUsage.Write);
        Assert.True(_reservation.TryGetSingleton(FenceUsage.Read, array, out Fence both));
        _a.Signal(one);
        Assert.False(both.TryPoll());
        _b.Signal(two);
        Assert.True(both.TryPoll());
    }

    [Fact]
    public void Waiting_with_and_without_a_thread_ends_with_the_last_fence_that_counts()
    {
        Add(_a.Issue(), FenceUsage.Write);
        Add(_b.Issue(), FenceUsage.Bookkeep);
        Task<FenceStatus> blocking = Task.Run(() => _reservation.Wait(FenceUsage.Read, Limit.Time));
        Task<FenceWaitResult> waiting = WaitAsync();
        _a.Signal(1);
        Assert.Equal(FenceStatus.Signaled, Limit.On(blocking));
        Assert.Equal(FenceStatus.Signaled, Limit.On(waiting).Status);

        async Task<FenceWaitResult> WaitAsync() => await _reservation.WaitAsync(FenceUsage.Read, Limit.Time);
    }

    [Fact]
    public void A_deadline_reaches_every_pending_fence_that_counts()
    {
        Add(_a.Issue(), FenceUsage.Write);
        Add(_b.Issue(), FenceUsage.Bookkeep);
        _reservation.SetDeadline(FenceUsage.Read, TimeSpan.Zero);
        Assert.True(_a.TryGetDeadline(out _));
        Assert.False(_b.TryGetDeadline(out _));
    }

    [Fact]
    public void A_reader_without_the_lock_never_sees_a_torn_entry_nor_misses_one_that_is_always_there()
    {
        FenceTimeline anchor = new("anchor");
        Fence always = Add(anchor.Issue(), FenceUsage.Write);
        FenceTimeline[] timelines = [.. Enumerable.Range(0, 4).Select(i => new FenceTimeline($"{i}"))];
        bool stop = false;

        TestThread.RunTogether(
            () =>
            {
                Random random = new(3);
                for (int i = 0; i < 30_000; i++)
                {
                    FenceTimeline timeline = timelines[random.Next(timelines.Length)];
                    Add(timeline.Issue(), (FenceUsage)random.Next(4));
                    if (random.Next(2) == 0)
                    {
                        timeline.Signal(timeline.Issued);
                    }
                }

                Volatile.Write(ref stop, true);
            },
            () =>
            {
                Fence[] copy = new Fence[8];
                while (!Volatile.Read(ref stop))
                {
                    int count = _reservation.CopyFences(FenceUsage.Bookkeep, copy);
                    Assert.InRange(count, 1, 5);
                    Assert.Contains(always, copy[..count]);
                    Assert.All(copy[..count], fence => Assert.True(fence.TimelineName.Length > 0 && fence.Point > 0));
                    Assert.Equal(count, copy[..count].Select(fence => fence.TimelineName).Distinct().Count());
                }
            });
    }

    private Fence Add(Fence fence, FenceUsage usage)
    {
        Assert.True(_reservation.Lock.TryLock());
        _reservation.Reserve(1);
        _reservation.Add(fence, usage);
        _reservation.Lock.Unlock();
        return fence;
    }
}
