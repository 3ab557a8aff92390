// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Those who build mappings: held back while their range is invalidated, and only then.</summary>
public class ReaderTests : NotifierTest
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    private readonly InvalidationSubscription _subscription;

    public ReaderTests() => _subscription = Subscribe(0, 1000, new FakeDevice());

    [Theory] // Scenario 33.
    [InlineData(true)]
    [InlineData(false)]
    public void A_reader_of_the_range_waits_until_the_session_ends(bool commits)
    {
        InvalidationSession session = Schedule(0, 10);
        Assert.False(_subscription.TryBeginRead(Range(5, 20), out _));
        InvalidationSequence sequence = default;
        TestThread reader = TestThread.Start(() => Assert.True(_subscription.BeginRead(Range(5, 20), 10 * s_tick, out sequence)));
        Clock.UntilTimerIsSet();
        reader.UntilBlocked();

        if (commits)
        {
            session.Commit();
        }
        else
        {
            session.BackOff();
        }

        reader.Join();
        Assert.False(_subscription.MustRetry(sequence));
        Assert.Equal(0, Clock.ActiveTimers);
    }

    [Fact] // Scenarios 34 and 66.
    public void A_reader_of_another_range_is_not_delayed()
    {
        using InvalidationSession session = Schedule(0, 10);

        Assert.True(_subscription.TryBeginRead(Range(10, 20), out InvalidationSequence sequence));
        Assert.True(_subscription.BeginRead(Range(10, 20), TimeSpan.Zero, out _));
        Assert.False(_subscription.MustRetry(sequence));
        InvalidationSubscription late = Subscribe(500, 600, new FakeDevice());
        Assert.True(late.TryBeginRead(Range(500, 600), out _));
    }

    [Fact] // Scenario 35.
    public void What_was_built_before_the_schedule_must_not_be_published_after_it()
    {
        _subscription.TryBeginRead(Range(0, 10), out InvalidationSequence sequence);
        Assert.False(_subscription.MustRetry(sequence));

        InvalidationSession session = Schedule(9, 10);

        Assert.True(_subscription.MustRetry(sequence));
        Assert.False(_subscription.TryPopulate(sequence, out _));
        session.BackOff();
        Assert.True(_subscription.MustRetry(sequence));
        Assert.False(_subscription.TryPopulate(sequence, out _));
    }

    [Fact]
    public void What_was_built_before_a_schedule_of_another_range_can_be_published()
    {
        _subscription.TryBeginRead(Range(0, 10), out InvalidationSequence sequence);

        using InvalidationSession session = Schedule(10, 20);

        Assert.False(_subscription.MustRetry(sequence));
        Assert.True(_subscription.TryPopulate(sequence, out PopulateScope scope));
        scope.Dispose();
    }

    [Fact] // Scenario 37.
    public void Nothing_can_be_mapped_between_schedule_and_commit()
    {
        _subscription.TryBeginRead(Range(0, 10), out InvalidationSequence before);
        using InvalidationSession session = Schedule(0, 10);

        Assert.False(_subscription.TryBeginRead(Range(0, 10), out InvalidationSequence none));
        Assert.Throws<ArgumentException>(() => _subscription.TryPopulate(none, out _));
        Assert.False(_subscription.TryPopulate(before, out _));
    }

    [Fact] // Scenario 79.
    public void A_reader_whose_budget_runs_out_goes_away_without_a_trace()
    {
        using InvalidationSession session = Schedule(0, 10);
        bool began = true;
        TestThread reader = TestThread.Start(() => began = _subscription.BeginRead(Range(0, 10), s_tick, out _));
        Clock.UntilTimerIsSet();

        Clock.Advance(s_tick);
        reader.Join();

        Assert.False(began);
        Assert.Equal(0, Clock.ActiveTimers);
        Assert.False(_subscription.BeginRead(Range(0, 10), TimeSpan.Zero, out _));
    }

    [Fact]
    public async Task The_asynchronous_reader_waits_and_gives_up_in_the_same_way()
    {
        InvalidationSession session = default;
        TestThread.Run(() => session = Schedule(0, 10)); // inside its own session nobody may wait
        Task<InvalidationSequence?> patient = _subscription.BeginReadAsync(Range(0, 10), Timeout.InfiniteTimeSpan).AsTask();
        Task<InvalidationSequence?> hasty = _subscription.BeginReadAsync(Range(0, 10), s_tick).AsTask();
        using CancellationTokenSource cancellation = new();
        Task<InvalidationSequence?> canceled = _subscription.BeginReadAsync(Range(0, 10), 9 * s_tick, cancellation.Token).AsTask();
        Assert.NotNull(await _subscription.BeginReadAsync(Range(10, 20), TimeSpan.Zero));

        Clock.Advance(s_tick);
        Assert.Null(await Limit.OnAsync(hasty));
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Limit.OnAsync(canceled));
        Assert.False(patient.IsCompleted);
        session.Commit();
        InvalidationSequence? sequence = await Limit.OnAsync(patient);
        Assert.False(_subscription.MustRetry(sequence!.Value));
    }

    [Fact]
    public void A_reader_can_be_canceled()
    {
        using InvalidationSession session = Schedule(0, 10);
        using CancellationTokenSource cancellation = new();
        TestThread reader = TestThread.Start(() => Assert.Throws<OperationCanceledException>(
            () => _subscription.BeginRead(Range(0, 10), Timeout.InfiniteTimeSpan, out _, cancellation.Token)));
        reader.UntilBlocked();

        cancellation.Cancel();
        reader.Join();
    }

    [Fact] // Scenario 81.
    public void Under_two_sessions_over_the_range_readers_wait_for_both()
    {
        InvalidationSession outer = Schedule(0, 10);
        InvalidationSession inner = Schedule(0, 10);
        bool began = false;
        TestThread reader = TestThread.Start(() => began = _subscription.BeginRead(Range(0, 10), Limit.Time, out _));
        reader.UntilBlocked();

        inner.BackOff();
        Assert.False(_subscription.TryBeginRead(Range(0, 10), out _));
        reader.UntilBlocked();
        Assert.False(began);
        outer.Commit();

        reader.Join();
        Assert.True(began);
    }

    [Fact] // Scenario 83.
    public void Endless_sessions_over_other_ranges_do_not_keep_a_reader_that_was_hit()
    {
        // There is never a moment without an active session: the next one begins before the last one ends.
        InvalidationSession hit = Schedule(0, 10);
        InvalidationSession other = Schedule(20, 30);
        bool began = false;
        TestThread reader = TestThread.Start(() => began = _subscription.BeginRead(Range(0, 10), Limit.Time, out _));
        reader.UntilBlocked();

        for (int round = 0; round < 1_000; round++)
        {
            InvalidationSession next = Schedule(20, 30);
            other.BackOff();
            other = next;
            if (round == 500)
            {
                Assert.False(began);
                hit.Commit();
                reader.Join();
                Assert.True(began);
            }
        }

        other.Commit();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    [InlineData(20_000)]
    public void No_number_of_invalidations_of_other_ranges_makes_a_reader_start_again(int sessions) // 75, 80
    {
        _subscription.TryBeginRead(Range(0, 10), out InvalidationSequence sequence);
        for (int i = 0; i < sessions; i++)
        {
            ulong start = 20 + ((ulong)i % 1_000 * 10);
            Schedule(start, start + 10).Commit();
        }

        Assert.False(_subscription.MustRetry(sequence));
        Assert.True(_subscription.TryPopulate(sequence, out PopulateScope scope));
        scope.Dispose();
        Schedule(9, 10).Commit();
        Assert.True(_subscription.MustRetry(sequence));
    }
}
