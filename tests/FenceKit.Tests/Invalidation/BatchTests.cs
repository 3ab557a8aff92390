// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Many ranges in one session. Numbers are those of docs/invalidation-scenarios.md.</summary>
public sealed class BatchTests
{
    private readonly InvalidationNotifier _notifier = new("memory");
    private readonly StubSubscriber _subscriber = new();
    private readonly InvalidationSubscription _subscription;

    public BatchTests() => _subscription = _notifier.Subscribe(new AddressRange(0, 1_000_000), _subscriber, "all");

    [Fact]
    public void Ranges_that_overlap_or_touch_are_merged_and_each_is_told_once() // 89
    {
        InvalidationBatch batch = Batch(new(50, 60), new(0, 10), new(10, 20), new(5, 8), new(58, 70));
        Assert.True(batch.TrySchedule(InvalidationReason.Unmap, out InvalidationSession session));
        AddressRange[] merged = [new(0, 20), new(50, 70)];
        Assert.Equal(merged, _subscriber.Requests.Select(request => request.Range));
        AddressRange[] ranges = new AddressRange[3];
        Assert.Equal(2, session.CopyRanges(ranges));
        Assert.Equal(merged, ranges[..2]);
        Assert.Equal(new AddressRange(0, 70), session.Range);
        session.Commit();
    }

    [Fact]
    public void Too_many_ranges_become_one_that_covers_them() // 90
    {
        InvalidationBatch batch = _notifier.CreateBatch(coveringThreshold: 3);
        foreach (ulong start in (ulong[])[0, 20, 40, 60])
        {
            batch.Add(AddressRange.FromLength(start, 10));
        }

        Assert.True(batch.TrySchedule(InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(new AddressRange(0, 70), Assert.Single(_subscriber.Requests).Range);
        session.BackOff();
    }

    [Fact]
    public void A_batch_knows_what_is_waiting_in_it_so_that_its_owner_runs_it_before_the_range_is_used_again() // 91
    {
        InvalidationBatch batch = Batch(new(0, 10), new(50, 60));
        Assert.False(batch.Overlaps(new(10, 50)));
        Assert.True(batch.Overlaps(new(9, 11)));
        Assert.True(batch.Overlaps(new(0, 1_000)));

        // Pending and about to be used: the batch runs first, and whatever came in meanwhile is still pending afterwards.
        Assert.True(batch.TrySchedule(InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(2, _subscriber.Calls);
        session.Commit();
        batch.Clear();
        batch.Add(new(50, 55));
        Assert.False(batch.Overlaps(new(9, 11)));
        Assert.True(batch.Overlaps(new(54, 60)));
        Assert.Throws<ArgumentException>(() => batch.Overlaps(default));
    }

    [Fact]
    public void A_thousand_ranges_are_one_session_and_one_wait() // 89
    {
        FenceTimeline device = new("device");
        _subscriber.Fence = device.Issue();
        InvalidationBatch batch = _notifier.CreateBatch(coveringThreshold: 5_000);
        for (ulong index = 0; index < 1_000; index++)
        {
            batch.Add(AddressRange.FromLength(index * 10, 5));
        }

        Assert.True(batch.TrySchedule(InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(1_000, _subscriber.Calls);
        Assert.Equal(1, session.CopyPending(default)); // one fence for all of them
        Assert.Equal(1, _notifier.ActiveSessions);
        device.Signal(_subscriber.Fence);
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        session.Commit();
    }

    [Fact]
    public void Between_the_ranges_of_a_batch_readers_go_on() // 34
    {
        Assert.True(_subscription.TryBeginRead(new AddressRange(30, 40), out InvalidationSequence between));
        Assert.True(_subscription.TryBeginRead(new AddressRange(55, 56), out InvalidationSequence inside));
        Assert.True(Batch(new(0, 10), new(50, 60), new(100, 110)).TrySchedule(InvalidationReason.Unmap, out InvalidationSession session));
        foreach ((ulong start, ulong end, bool open) in
            ((ulong, ulong, bool)[])[(10, 50, true), (9, 11, false), (59, 60, false), (60, 100, true), (109, 200, false), (110, 120, true), (0, 999, false)])
        {
            Assert.Equal(open, _subscription.TryBeginRead(new AddressRange(start, end), out _));
        }

        session.Commit();
        Assert.False(_subscription.MustRetry(between));
        Assert.True(_subscription.MustRetry(inside));
    }

    [Fact]
    public void Readers_inside_a_gate_are_looked_for_once() // 89, 92
    {
        using ReaderGate gate = new(_notifier, new AddressRange(0, 1_000), "readers");
        ReaderScope scope = gate.Enter();
        Assert.True(Batch(new(0, 10), new(50, 60), new(100, 110)).TrySchedule(InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(1, session.CopyPending(default));
        scope.Dispose();
        Assert.False(gate.TryEnter(new AddressRange(55, 70), out _));
        Assert.True(gate.TryEnter(new AddressRange(60, 70), out scope));
        scope.Dispose();
        session.Commit();
    }

    [Fact]
    public void A_refusal_ends_the_whole_batch_and_the_batch_can_be_tried_again() // 57
    {
        InvalidationBatch batch = Batch(new(0, 10), new(50, 60));
        _subscriber.Refuses = true;
        Assert.False(batch.TrySchedule(InvalidationReason.Unmap, out _));
        Assert.Equal(0, _notifier.ActiveSessions);
        Assert.True(_subscription.TryBeginRead(new AddressRange(0, 100), out _));
        _subscriber.Refuses = false;
        Assert.True(batch.TrySchedule(InvalidationReason.Unmap, out InvalidationSession session));
        session.Commit();
    }

    [Fact]
    public void A_batch_that_is_larger_than_the_memory_of_the_notifier_lets_readers_between_its_ranges_start_again_and_no_others() // 75
    {
        using InvalidationNotifier notifier = new("memory", new InvalidationNotifierOptions { RememberedInvalidations = 4 });
        using InvalidationSubscription subscription = notifier.Subscribe(AddressRange.All, new StubSubscriber(), "all");
        Assert.True(subscription.TryBeginRead(new AddressRange(5, 6), out InvalidationSequence outside));
        Assert.True(subscription.TryBeginRead(new AddressRange(15, 16), out InvalidationSequence between));
        Assert.True(subscription.TryBeginRead(new AddressRange(100, 101), out InvalidationSequence touched));
        InvalidationBatch batch = notifier.CreateBatch();
        for (ulong index = 1; index <= 10; index++)
        {
            batch.Add(AddressRange.FromLength(index * 10, 1));
        }

        Assert.True(batch.TrySchedule(InvalidationReason.Unmap, out InvalidationSession session));
        session.Commit();
        Assert.False(subscription.MustRetry(outside));
        Assert.True(subscription.MustRetry(between));
        Assert.True(subscription.MustRetry(touched));
    }

    [Fact]
    public void An_empty_batch_is_refused()
    {
        InvalidationBatch batch = _notifier.CreateBatch();
        Assert.Throws<InvalidOperationException>(() => batch.TrySchedule(InvalidationReason.Unmap, out _));
        Assert.Throws<ArgumentException>(() => batch.Add(default));
        Assert.Throws<ArgumentOutOfRangeException>(() => _notifier.CreateBatch(0));
        batch.Add(new AddressRange(0, 1));
        batch.Clear();
        Assert.Equal(0, batch.Count);
    }

    [Fact]
    public void A_batch_allocates_nothing_in_steady_state() // 26
    {
        _subscriber.Remembers = false;
        InvalidationBatch batch = _notifier.CreateBatch();
        void Rounds()
        {
            for (int round = 0; round < 100; round++)
            {
                batch.Clear();
                for (ulong index = 20; index > 0; index--)
                {
                    batch.Add(AddressRange.FromLength(index * 10, 5));
                }

                batch.TrySchedule(InvalidationReason.Unmap, out InvalidationSession session);
                session.Commit();
            }
        }

        Rounds();
        Assert.Equal(0, Allocation.Count(Rounds, 5));
    }

    private InvalidationBatch Batch(params AddressRange[] ranges)
    {
        InvalidationBatch batch = _notifier.CreateBatch();
        Array.ForEach(ranges, batch.Add);
        return batch;
    }
}
