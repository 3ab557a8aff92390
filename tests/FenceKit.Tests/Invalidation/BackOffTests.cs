// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Back-off pays: who has let go and mapped nothing since is not asked twice. Numbers are those of docs/invalidation-scenarios.md.</summary>
public sealed class BackOffTests
{
    private static readonly AddressRange s_page = new(0x1000, 0x2000);
    private static readonly AddressRange s_otherPage = new(0x4000, 0x5000);
    private readonly InvalidationNotifier _notifier = new("memory");
    private readonly FenceTimeline _device = new("device");
    private readonly StubSubscriber _subscriber = new();
    private readonly InvalidationSubscription _subscription;

    public BackOffTests() => _subscription = _notifier.Subscribe(
        new AddressRange(0, 0x10000), _subscriber, "mapper", new InvalidationSubscriptionOptions { MapsThroughSubscription = true });

    [Fact]
    public void A_fence_in_flight_is_used_again() // 45
    {
        Fence first = _subscriber.Fence = _device.Issue();
        Schedule(s_page).BackOff();
        _subscriber.Fence = _device.Issue();

        using InvalidationSession second = Schedule(s_page);

        Assert.Equal(1, _subscriber.Calls);
        PendingInvalidation[] pending = new PendingInvalidation[1];
        Assert.Equal(1, second.CopyPending(pending));
        Assert.Equal(first, pending[0].Fence);
        Assert.Equal(1, _notifier.GetStatistics().Reused);
        _device.Signal(first);
        Assert.Equal(InvalidationOutcome.Completed, second.TryWait());
    }

    [Fact]
    public void Who_is_still_clean_is_not_called_and_the_next_attempt_does_not_wait() // 46
    {
        _subscriber.Fence = _device.Issue();
        Schedule(s_page).BackOff();
        _device.Signal(_subscriber.Fence);

        using InvalidationSession second = Schedule(s_page);

        Assert.Equal(InvalidationOutcome.Completed, second.TryWait());
        Assert.Equal(1, _subscriber.Calls);
    }

    [Fact]
    public void A_part_of_what_was_let_go_of_is_clean_too_but_nothing_beyond_it()
    {
        Schedule(s_page).BackOff();
        Schedule(new AddressRange(0x1800, 0x1900)).BackOff();
        Assert.Equal(1, _subscriber.Calls);
        Schedule(new AddressRange(0x1800, 0x2001)).BackOff();
        Assert.Equal(2, _subscriber.Calls);
    }

    [Fact]
    public void Mapping_again_makes_dirty() // 47
    {
        Schedule(s_page).BackOff();
        Assert.True(_subscription.TryBeginRead(s_page, out InvalidationSequence sequence));
        Assert.True(_subscription.TryPopulate(sequence, out PopulateScope scope));
        scope.Dispose();
        Schedule(s_page).BackOff();
        Assert.Equal(2, _subscriber.Calls);
    }

    [Fact]
    public void Publishing_under_a_lock_of_ones_own_makes_dirty_too() // 47, 80
    {
        Schedule(s_page).BackOff();
        Assert.True(_subscription.TryBeginRead(s_page, out InvalidationSequence sequence));
        Assert.False(_subscription.MustRetry(sequence));
        Schedule(s_page).BackOff();
        Assert.Equal(2, _subscriber.Calls);
    }

    [Fact]
    public void Mapping_another_range_leaves_this_one_clean()
    {
        Schedule(s_page).BackOff();
        Assert.True(_subscription.TryBeginRead(s_otherPage, out InvalidationSequence sequence));
        Assert.True(_subscription.TryPopulate(sequence, out PopulateScope scope));
        scope.Dispose();
        Schedule(s_page).BackOff();
        Assert.Equal(1, _subscriber.Calls);
    }

    [Fact]
    public void A_mapping_that_had_to_be_given_up_does_not_make_dirty() // 35
    {
        Schedule(s_page).BackOff();
        Assert.True(_subscription.TryBeginRead(s_page, out InvalidationSequence sequence));
        Schedule(s_page).BackOff();
        Assert.True(_subscription.MustRetry(sequence));
        Assert.False(_subscription.TryPopulate(sequence, out _));
        Schedule(s_page).BackOff();
        Assert.Equal(1, _subscriber.Calls);
    }

    [Fact]
    public void A_fault_is_no_reason_to_believe_that_it_let_go() // 48
    {
        _subscriber.Fence = _device.Issue();
        Schedule(s_page).BackOff();
        _device.Signal(_subscriber.Fence, new InvalidOperationException("stuck"));
        Schedule(s_page).BackOff();
        Assert.Equal(2, _subscriber.Calls);
    }

    [Fact]
    public void Letting_go_for_a_weaker_reason_is_not_enough_for_a_stronger_one() // 88
    {
        Schedule(s_page, InvalidationReason.Protect).BackOff();
        Schedule(s_page, InvalidationReason.Unmap).BackOff();
        Assert.Equal(2, _subscriber.Calls);
        Schedule(s_page, InvalidationReason.Protect).BackOff();
        Assert.Equal(2, _subscriber.Calls);
    }

    [Fact]
    public void Who_maps_behind_the_back_of_its_subscription_is_always_called()
    {
        StubSubscriber unknown = new();
        using InvalidationSubscription subscription = _notifier.Subscribe(s_page, unknown, "unknown");
        Schedule(s_page).BackOff();
        Schedule(s_page).BackOff();
        Assert.Equal(2, unknown.Calls);
    }

    [Fact]
    public void A_refusal_or_an_exception_is_not_remembered() // 57, 28
    {
        _subscriber.Refuses = true;
        Assert.False(_notifier.TrySchedule(s_page, InvalidationReason.Unmap, out _));
        _subscriber.Refuses = false;
        _subscriber.Then = _ => throw new InvalidOperationException("no");
        Schedule(s_page).BackOff();
        _subscriber.Then = null;
        Schedule(s_page).BackOff();
        Assert.Equal(3, _subscriber.Calls);
    }

    [Fact]
    public void More_publications_than_are_remembered_count_as_everywhere() // 75
    {
        Schedule(s_page).BackOff();
        for (int round = 0; round < 300; round++)
        {
            Assert.True(_subscription.TryBeginRead(s_otherPage, out InvalidationSequence sequence));
            Assert.False(_subscription.MustRetry(sequence));
        }

        Schedule(s_page).BackOff();
        Assert.Equal(2, _subscriber.Calls);
    }

    [Fact]
    public void A_retry_allocates_nothing() // 26
    {
        void Rounds()
        {
            for (int round = 0; round < 100; round++)
            {
                Schedule(s_page).BackOff();
                _subscription.TryBeginRead(s_page, out InvalidationSequence sequence);
                _subscription.MustRetry(sequence);
            }
        }

        _subscriber.Remembers = false;
        Rounds();
        Assert.Equal(0, Allocation.Count(Rounds, 5));
    }

    [Fact]
    public void However_owners_and_mappers_race_no_mapping_of_freed_memory_survives() // 80, 82
    {
        const int Pages = 4;
        InvalidationNotifier notifier = new("memory");
        int[] memory = [1, 1, 1, 1];
        int[] mapped = new int[Pages];
        StubSubscriber mapper = new()
        {
            Remembers = false,
            Then = request =>
            {
                AddressRange overlap = request.Overlap;
                for (ulong page = overlap.Start; page < overlap.End; page++)
                {
                    Volatile.Write(ref mapped[page], 0);
                }
            },
        };
        InvalidationSubscription subscription = notifier.Subscribe(
            new AddressRange(0, Pages), mapper, "mapper", new InvalidationSubscriptionOptions { MapsThroughSubscription = true });
        bool stop = false;
        void Map(int seed)
        {
            Random random = new(seed);
            while (!Volatile.Read(ref stop))
            {
                ulong page = (ulong)random.Next(Pages);
                if (!subscription.TryBeginRead(AddressRange.FromLength(page, 1), out InvalidationSequence sequence))
                {
                    continue;
                }

                int now = Volatile.Read(ref memory[page]);
                if (subscription.TryPopulate(sequence, out PopulateScope scope))
                {
                    using (scope)
                    {
                        Volatile.Write(ref mapped[page], now);
                    }
                }
            }
        }

        void Own()
        {
            Random random = new(7);
            for (int round = 0; round < 100_000; round++)
            {
                ulong start = (ulong)random.Next(Pages);
                ulong end = start + 1 + (ulong)random.Next(Pages - (int)start);
                if (!notifier.TrySchedule(new AddressRange(start, end), InvalidationReason.Unmap, out InvalidationSession session))
                {
                    continue;
                }

                if (random.Next(2) == 0)
                {
                    session.BackOff();
                    continue;
                }

                for (ulong page = start; page < end; page++)
                {
                    Assert.Equal(0, Volatile.Read(ref mapped[page]));
                    memory[page]++;
                    Assert.Equal(0, Volatile.Read(ref mapped[page]));
                }

                session.Commit();
            }

            Volatile.Write(ref stop, true);
        }

        TestThread.RunTogether(() => Map(1), () => Map(2), Own);
        Assert.True(notifier.GetStatistics().Reused > 0);
    }

    private InvalidationSession Schedule(AddressRange range, InvalidationReason reason = InvalidationReason.Unmap)
    {
        Assert.True(_notifier.TrySchedule(range, reason, out InvalidationSession session));
        return session;
    }
}
