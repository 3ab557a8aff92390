// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Several sessions over one range: they complete one after the other, and only one hands the memory back.</summary>
public class SupersededSessionTests : NotifierTest
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    public static TheoryData<InvalidationReason, InvalidationReason> Reasons
    {
        get
        {
            TheoryData<InvalidationReason, InvalidationReason> pairs = [];
            InvalidationReason[] single = [.. Enum.GetValues<InvalidationReason>().Where(static reason => reason is not (InvalidationReason.None or InvalidationReason.All))];
            Assert.Equal(6, single.Length);
            foreach (InvalidationReason earlier in single)
            {
                foreach (InvalidationReason later in single)
                {
                    pairs.Add(earlier, later);
                }
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void The_later_waits_for_the_earlier_and_only_after_a_reason_that_leaves_the_contents_it_goes_on(InvalidationReason first, InvalidationReason second)
    {
        Notifier.TrySchedule(Range(0, 10), first, out InvalidationSession earlier);
        Notifier.TrySchedule(Range(0, 10), second, out InvalidationSession later);
        Assert.Equal(InvalidationOutcome.Pending, later.TryWait());
        Assert.Equal(InvalidationOutcome.Completed, earlier.TryWait());

        earlier.Commit();

        bool goesOn = first is InvalidationReason.Protect or InvalidationReason.Exclusive;
        Assert.Equal(goesOn ? InvalidationOutcome.Completed : InvalidationOutcome.Superseded, later.Wait(Timeout.InfiniteTimeSpan));
        Assert.Equal(!goesOn, later.Error is not null);
        if (goesOn)
        {
            later.Commit();
        }
        else
        {
            Assert.Throws<InvalidOperationException>(later.Commit);
            later.BackOff();
        }
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void When_the_earlier_backs_off_the_later_goes_on(InvalidationReason first, InvalidationReason second)
    {
        Notifier.TrySchedule(Range(0, 10), first, out InvalidationSession earlier);
        Notifier.TrySchedule(Range(0, 10), second, out InvalidationSession later);

        earlier.BackOff();

        Assert.Equal(InvalidationOutcome.Completed, later.Wait(Timeout.InfiniteTimeSpan));
        Assert.Equal(0, later.CopyPending([]));
        later.Commit();
    }

    [Theory]
    [InlineData(0, 10, 5, 15, true)]
    [InlineData(5, 15, 0, 10, true)]
    [InlineData(0, 10, 3, 4, true)]
    [InlineData(3, 4, 0, 10, true)]
    [InlineData(0, 10, 10, 20, false)]
    public void Any_overlap_counts_and_neighbors_do_not(ulong start, ulong end, ulong nextStart, ulong nextEnd, bool overlaps)
    {
        using InvalidationSession earlier = Schedule(start, end);
        using InvalidationSession later = Schedule(nextStart, nextEnd);

        Assert.Equal(overlaps ? InvalidationOutcome.Pending : InvalidationOutcome.Completed, later.TryWait());
        earlier.Commit();
        Assert.Equal(overlaps ? InvalidationOutcome.Superseded : InvalidationOutcome.Completed, later.TryWait());
    }

    [Fact]
    public void The_earlier_one_is_named_with_the_place_of_its_schedule()
    {
        InvalidationSession earlier = Schedule(0, 10);
        using InvalidationSession later = Schedule(5, 15);
        Clock.Advance(s_tick);

        PendingInvalidation[] pending = new PendingInvalidation[2];
        Assert.Equal(1, later.CopyPending(pending));
        Assert.Null(pending[0].Subscription);
        Assert.Equal((Range(0, 10), s_tick, null), (pending[0].Range, pending[0].Held, pending[0].Error));
        Assert.Contains("[0x0, 0xa) (Unmap), scheduled at NotifierTest.cs:", pending[0].Name, StringComparison.Ordinal);
        InvalidOperationException early = Assert.Throws<InvalidOperationException>(later.Commit);
        Assert.Contains(pending[0].Name, early.Message, StringComparison.Ordinal);

        earlier.Commit();
        Assert.Equal(1, later.CopyPending(pending));
        Assert.Same(later.Error, pending[0].Error);
        Assert.Same(later.Error, Assert.Throws<InvalidOperationException>(later.Commit).InnerException);
    }

    [Theory]
    [InlineData(true, InvalidationOutcome.Superseded)]
    [InlineData(false, InvalidationOutcome.Completed)]
    public void A_wait_without_a_limit_ends_when_the_earlier_ends(bool commits, InvalidationOutcome expected)
    {
        InvalidationSession earlier = Schedule(0, 10);
        InvalidationOutcome outcome = InvalidationOutcome.Pending;
        Task<InvalidationOutcome> task = Task.FromResult(outcome);
        TestThread waiter = TestThread.Start(() =>
        {
            using InvalidationSession later = Schedule(0, 10);
            task = later.WaitAsync(Timeout.InfiniteTimeSpan).AsTask();
            outcome = later.Wait(Timeout.InfiniteTimeSpan);
        });
        waiter.UntilBlocked();

        if (commits)
        {
            earlier.Commit();
        }
        else
        {
            earlier.BackOff();
        }

        waiter.Join();
        Assert.Equal((expected, expected), (outcome, Limit.On(task)));
    }

    [Fact]
    public void Who_is_superseded_hears_of_it_though_a_device_is_still_stuck()
    {
        InvalidationSession earlier = Schedule(0, 10);
        FakeDevice stuck = PendingDevice();
        Subscribe(0, 10, stuck); // known to the later one only
        using InvalidationSession later = Schedule(0, 10);
        Task<InvalidationOutcome> task = later.WaitAsync(Timeout.InfiniteTimeSpan).AsTask();

        earlier.Commit();

        Assert.Equal(InvalidationOutcome.Superseded, Limit.On(task));
        Assert.False(stuck.Timeline.HasCallbacks());
    }

    [Fact]
    public void Of_three_the_second_commits_when_the_first_backs_off_and_the_third_is_superseded()
    {
        InvalidationSession first = Schedule(0, 10);
        InvalidationSession second = Schedule(0, 10);
        InvalidationSession third = Schedule(0, 10);

        first.BackOff();
        Assert.Equal(InvalidationOutcome.Pending, third.TryWait());
        second.Commit();
        Assert.Equal(InvalidationOutcome.Superseded, third.TryWait());
        third.BackOff();

        using InvalidationSession fresh = Schedule(0, 10);
        Assert.Equal(InvalidationOutcome.Completed, fresh.TryWait()); // its owner has looked at the table since
        Assert.Null(fresh.Error);
    }

    [Fact]
    public void Batches_that_overlap_crosswise_end_one_after_the_other()
    {
        InvalidationBatch leftFirst = Notifier.CreateBatch();
        leftFirst.Add(Range(0, 10));
        leftFirst.Add(Range(50, 60));
        InvalidationBatch rightFirst = Notifier.CreateBatch();
        rightFirst.Add(Range(55, 65));
        rightFirst.Add(Range(5, 6));
        rightFirst.Add(Range(90, 91));
        Assert.True(leftFirst.TrySchedule(Unmap, out InvalidationSession earlier));
        Assert.True(rightFirst.TrySchedule(Unmap, out InvalidationSession later));

        Assert.Equal((InvalidationOutcome.Completed, InvalidationOutcome.Pending), (earlier.TryWait(), later.TryWait()));
        Assert.Equal(1, later.CopyPending([])); // one session, not one a range
        earlier.BackOff();
        Assert.Equal(InvalidationOutcome.Completed, later.TryWait());
        later.Commit();
    }

    [Fact]
    public void A_session_that_a_refusal_undoes_supersedes_nobody()
    {
        FakeDevice device = new(DeviceAnswer.Refuse);
        Subscribe(0, 10, device);
        InvalidationSession inside = default;
        device.WhenCalled = ContractReports.AskedFor("a subscriber allocates", () =>
        {
            device.WhenCalled = null;
            device.Answer = DeviceAnswer.Done;
            inside = Schedule(0, 10);
            Assert.Equal(InvalidationOutcome.Pending, inside.TryWait());
            device.Answer = DeviceAnswer.Refuse;
        });

        Assert.False(Notifier.TrySchedule(Range(0, 10), Unmap, out _));

        Assert.Equal(InvalidationOutcome.Completed, inside.TryWait());
        inside.Commit();
    }

    [Fact]
    public void A_shutdown_quarantines_what_an_open_session_may_be_freeing_and_is_never_superseded()
    {
        InvalidationNotifier notifier = new("closing");
        notifier.TrySchedule(Range(0, 10), Unmap, out InvalidationSession open);

        QuarantinedMemory held = Assert.Single(notifier.Release(TimeSpan.Zero));

        Assert.Null(held.Subscription);
        Assert.Equal(Range(0, 10), held.Range);
        Assert.Contains("SupersededSessionTests.cs", held.Name, StringComparison.Ordinal);
        open.Commit();
    }

    [Fact]
    public void A_shutdown_waits_for_open_sessions_and_then_has_what_is_left()
    {
        InvalidationNotifier notifier = new("closing");
        notifier.TrySchedule(Range(0, 10), Unmap, out InvalidationSession first);
        notifier.TrySchedule(Range(20, 30), Unmap, out InvalidationSession second);
        IReadOnlyList<QuarantinedMemory>? held = null;
        TestThread owner = TestThread.Start(() => held = notifier.Release(Timeout.InfiniteTimeSpan));
        owner.UntilBlocked();

        first.Commit();
        second.Commit();

        owner.Join();
        Assert.Empty(held!);
        Assert.Equal((3L, 0L), (notifier.GetStatistics().Committed, notifier.GetStatistics().BackedOff));
    }

    [Theory]
    [InlineData(true, 0, 1)]
    [InlineData(false, 1, 0)]
    public void A_sweep_frees_no_range_that_went_with_somebody_else(bool commits, int freed, int superseded)
    {
        Owner owner = new();
        ReclaimSweep sweep = new(Notifier, InvalidationReason.Discard, owner);
        InvalidationSession earlier = Schedule(5, 15);
        Assert.Equal(1, sweep.Run([Range(0, 10)], TimeSpan.Zero).Busy);
        Assert.Equal(["park", "restore"], owner.Calls);

        if (commits)
        {
            earlier.Commit();
        }
        else
        {
            earlier.BackOff();
        }

        ReclaimProgress progress = sweep.Run([], TimeSpan.Zero);
        Assert.Equal((freed, superseded, 0), (progress.Reclaimed, progress.Superseded, progress.Remembered));
        Assert.Equal(freed, owner.Calls.Count(call => call == "free"));
    }

    [Fact]
    public void A_sweep_whose_owner_throws_while_it_frees_counts_the_range_as_freed()
    {
        Owner owner = new() { Throws = true };
        ReclaimSweep sweep = new(Notifier, InvalidationReason.Discard, owner);

        Assert.Throws<NotSupportedException>(() => sweep.Run([Range(0, 10)], TimeSpan.Zero));

        Assert.Equal((1L, 0L), (Notifier.GetStatistics().Committed, Notifier.GetStatistics().BackedOff));
        Assert.Equal(0, sweep.Remembered);
    }

    [Fact]
    public void Sessions_behind_each_other_allocate_nothing()
    {
        using InvalidationNotifier notifier = new("steady");
        Assert.Equal(0, Allocation.Of(() =>
        {
            notifier.TrySchedule(Range(0, 10), Unmap, out InvalidationSession earlier);
            notifier.TrySchedule(Range(0, 10), Unmap, out InvalidationSession later);
            later.TryWait();
            earlier.Commit();
            later.Wait(Timeout.InfiniteTimeSpan);
            later.BackOff();
        }));
    }

    private sealed class Owner : IReclaimOwner
    {
        internal List<string> Calls { get; } = [];

        internal bool Throws { get; init; }

        public void Park(AddressRange range) => Calls.Add("park");

        public void Free(AddressRange range)
        {
            Calls.Add("free");
            if (Throws)
            {
                throw new NotSupportedException("owner");
            }
        }

        public void Restore(AddressRange range) => Calls.Add("restore");
    }
}
