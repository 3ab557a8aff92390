// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Turns of readers whose range is invalidated faster than it can be mapped.</summary>
public sealed class ReadTurnTests : NotifierTest
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMilliseconds(100);
    private readonly FakeDevice _device = new();
    private readonly InvalidationSubscription _subscription;

    public ReadTurnTests() => _subscription = Subscribe(0, 100, _device);

    [Fact]
    public void A_mapping_that_was_overtaken_again_and_again_gets_through_in_its_turn()
    {
        for (int attempt = 0; attempt < 200; attempt++)
        {
            Assert.False(Map(beforePublishing: Invalidate));
        }

        Assert.True(_subscription.TryTakeTurn(Range(0, 10), s_limit, out ReadTurn turn));
        using (turn)
        {
            Assert.True(Map(beforePublishing: () => Assert.False(TrySchedule(Range(5, 6))))); // a refusal touches nothing
        }

        Invalidate(); // and the owner after it
    }

    [Fact]
    public void An_owner_is_refused_by_name_and_goes_on_when_the_turn_ends()
    {
        Assert.True(_subscription.TryTakeTurn(Range(0, 10), s_limit, out ReadTurn turn));
        Assert.False(Notifier.TrySchedule(Range(0, 100), Unmap, out _, out InvalidationSubscription? refusedBy));
        Assert.Same(_subscription, refusedBy);
        Assert.Equal(0, _device.Calls);
        turn.Dispose();
        Invalidate();
        Assert.Equal(1, _device.Calls);
    }

    [Fact]
    public void Other_ranges_and_other_subscribers_are_not_held_up()
    {
        Assert.True(_subscription.TryTakeTurn(Range(0, 10), s_limit, out ReadTurn turn));
        Assert.True(TrySchedule(Range(10, 100)));
        Assert.True(TrySchedule(Range(1000, 1001)));
        turn.Dispose();
    }

    [Fact]
    public void The_limit_ends_a_turn_that_nobody_ends()
    {
        Assert.True(_subscription.TryTakeTurn(Range(0, 10), s_limit, out ReadTurn turn));
        Clock.Advance(s_limit - TimeSpan.FromTicks(1));
        Assert.False(TrySchedule(Range(0, 10)));
        Clock.Advance(TimeSpan.FromTicks(1));
        Assert.True(TrySchedule(Range(0, 10)));
        Assert.True(_subscription.TryTakeTurn(Range(0, 10), s_limit, out ReadTurn next));
        turn.Dispose(); // is over, and ends no other one
        Assert.False(TrySchedule(Range(0, 10)));
        next.Dispose();
        next.Dispose();
        Assert.True(TrySchedule(Range(0, 10)));
    }

    [Fact]
    public void Owners_and_readers_alternate()
    {
        Assert.True(_subscription.TryTakeTurn(Range(0, 10), s_limit, out ReadTurn first));
        Assert.False(_subscription.TryTakeTurn(Range(50, 60), s_limit, out _)); // one at a time
        Assert.False(TrySchedule(Range(0, 10)));
        first.Dispose();
        Assert.False(_subscription.TryTakeTurn(Range(0, 10), s_limit, out _)); // an owner was held up: it comes first
        Assert.True(TrySchedule(Range(20, 30))); // another range is not what was owed
        Assert.False(_subscription.TryTakeTurn(Range(0, 10), s_limit, out _));
        Assert.True(TrySchedule(Range(0, 10)));
        Assert.True(_subscription.TryTakeTurn(Range(0, 10), s_limit, out ReadTurn second));
        second.Dispose();
        Assert.True(_subscription.TryTakeTurn(Range(0, 10), s_limit, out ReadTurn third)); // nobody was held up
        third.Dispose();
    }

    [Fact]
    public void A_session_that_was_open_before_is_waited_for_and_does_not_spoil_the_turn()
    {
        InvalidationSession session = Schedule(0, 10);
        Assert.True(_subscription.TryTakeTurn(Range(0, 10), s_limit, out ReadTurn turn));
        using (turn)
        {
            Assert.False(_subscription.TryBeginRead(Range(0, 10), out _));
            session.Commit();
            Assert.True(Map(beforePublishing: static () => { }));
        }
    }

    [Fact]
    public void Also_reasons_that_the_subscriber_does_not_hear_are_held_up()
    {
        using InvalidationSubscription selective = Notifier.Subscribe(
            Range(200, 300), _device, "selective", new InvalidationSubscriptionOptions { Reasons = InvalidationReason.Unmap });
        Assert.True(selective.TryTakeTurn(Range(200, 300), s_limit, out ReadTurn turn));
        Assert.False(Notifier.TrySchedule(Range(200, 300), InvalidationReason.Protect, out _)); // it would make the mapping start again
        turn.Dispose();
    }

    [Fact]
    public void A_shutdown_comes_first()
    {
        using InvalidationNotifier notifier = new("other");
        using InvalidationSubscription subscription = notifier.Subscribe(Range(0, 10), _device, "device");
        Assert.True(subscription.TryBeginRead(Range(0, 10), out InvalidationSequence sequence));
        Assert.True(subscription.TryTakeTurn(Range(0, 10), s_limit, out ReadTurn turn));
        Assert.Empty(notifier.Release(Limit.Time));
        Assert.False(subscription.TryPopulate(sequence, out _));
        turn.Dispose();
        Assert.Throws<ObjectDisposedException>(() => subscription.TryTakeTurn(Range(0, 10), s_limit, out _));
    }

    [Fact]
    public void A_subscription_that_is_disposed_has_no_turn()
    {
        InvalidationSubscription other = Subscribe(300, 400, _device);
        Assert.True(other.TryTakeTurn(Range(300, 400), s_limit, out ReadTurn turn));
        Assert.False(TrySchedule(Range(300, 400)));
        other.Dispose();
        Assert.True(TrySchedule(Range(300, 400)));
        turn.Dispose();
        Assert.Throws<ObjectDisposedException>(() => other.TryTakeTurn(Range(300, 400), s_limit, out _));
    }

    [Fact]
    public void Misuse_is_told()
    {
        Assert.Throws<ArgumentOutOfRangeException>("limit", () => _subscription.TryTakeTurn(Range(0, 10), TimeSpan.Zero, out _));
        Assert.Throws<ArgumentOutOfRangeException>("limit", () => _subscription.TryTakeTurn(Range(0, 10), Timeout.InfiniteTimeSpan, out _));
        Assert.Throws<ArgumentOutOfRangeException>("range", () => _subscription.TryTakeTurn(Range(0, 101), s_limit, out _));
        Assert.Throws<ArgumentException>(() => _subscription.TryTakeTurn(default, s_limit, out _));
        default(ReadTurn).Dispose();
    }

    [Fact]
    public void A_turn_allocates_nothing()
    {
        void Turns()
        {
            for (int round = 0; round < 100; round++)
            {
                _subscription.TryTakeTurn(Range(0, 10), s_limit, out ReadTurn turn);
                Notifier.TrySchedule(Range(0, 10), Unmap, out _);
                turn.Dispose();
                Notifier.TrySchedule(Range(0, 10), Unmap, out InvalidationSession session);
                session.Dispose();
            }
        }

        Turns();
        Assert.Equal(0, Allocation.Of(Turns));
    }

    private bool Map(Action beforePublishing)
    {
        Assert.True(_subscription.TryBeginRead(Range(0, 10), out InvalidationSequence sequence));
        beforePublishing();
        if (!_subscription.TryPopulate(sequence, out PopulateScope scope))
        {
            return false;
        }

        scope.Dispose();
        return true;
    }

    private void Invalidate() => Assert.True(TrySchedule(Range(0, 10)));

    private bool TrySchedule(AddressRange range)
    {
        if (!Notifier.TrySchedule(range, Unmap, out InvalidationSession session))
        {
            return false;
        }

        session.Commit();
        return true;
    }
}
