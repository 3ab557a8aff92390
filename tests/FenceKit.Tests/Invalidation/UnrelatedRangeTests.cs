// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>
/// While one range is being invalidated, users of other ranges take no lock: here somebody holds the lock that they would take, and
/// they go on. Numbers are those of docs/invalidation-scenarios.md.
/// </summary>
public sealed class UnrelatedRangeTests : GateTest
{
    private static readonly AddressRange s_busy = new(500, 600);

    [Fact]
    public void A_reader_enters_and_leaves_past_an_open_session_of_another_range_without_a_lock() => WhileTheLedgerIsLocked(() => // 34, 83
    {
        Assert.True(_gate.TryEnter(s_left, out ReaderScope outer));
        Assert.True(_gate.TryEnter(s_right, out ReaderScope inner));
        inner.Dispose();
        outer.Dispose();
    });

    [Fact]
    public void A_mapping_is_built_past_an_open_session_of_another_range_without_a_lock() // 34, 83
    {
        InvalidationSubscription subscription = _notifier.Subscribe(s_left, new StubSubscriber(), "mapper");
        InvalidationSequence before = default;
        Assert.True(subscription.TryBeginRead(s_left, out before));
        WhileTheLedgerIsLocked(() =>
        {
            Assert.False(subscription.MustRetry(before)); // the open session has begun since, elsewhere
            Assert.True(subscription.TryBeginRead(s_left, out InvalidationSequence sequence));
            Assert.True(subscription.TryPopulate(sequence, out PopulateScope scope));
            scope.Dispose();
        });
    }

    [Fact]
    public void Who_has_to_retry_is_told_so_without_a_lock_too()
    {
        InvalidationSubscription subscription = _notifier.Subscribe(s_left, new StubSubscriber(), "mapper");
        Assert.True(subscription.TryBeginRead(s_left, out InvalidationSequence before));
        Schedule(s_left).Commit();
        WhileTheLedgerIsLocked(() => Assert.True(subscription.MustRetry(before)));
    }

    [Fact]
    public void Sessions_that_begin_and_end_all_the_time_confuse_nobody()
    {
        const int Rounds = 20_000;
        InvalidationSubscription subscription = _notifier.Subscribe(s_left, new StubSubscriber { Remembers = false }, "mapper");
        InvalidationBatch batch = _notifier.CreateBatch();
        foreach (ulong start in (ulong[])[200, 300, 400, 700, 800])
        {
            batch.Add(AddressRange.FromLength(start, 10));
        }

        bool done = false;
        TestThread.RunTogether(
            () =>
            {
                for (int round = 0; round < Rounds; round++)
                {
                    // The objects of sessions are used again with other ranges, one and many, while others look at them.
                    using InvalidationSession one = Schedule(s_busy);
                    Assert.True(batch.TrySchedule(InvalidationReason.Unmap, out InvalidationSession many));
                    many.BackOff(); // the gate may have a reader inside
                }

                Volatile.Write(ref done, true);
            },
            () =>
            {
                while (!Volatile.Read(ref done))
                {
                    Assert.True(subscription.TryBeginRead(s_left, out InvalidationSequence sequence), "Held up by another range.");
                    Assert.True(_gate.TryEnter(s_right, out ReaderScope scope), "Held up by another range.");
                    scope.Dispose();
                    _ = subscription.MustRetry(sequence);
                }
            });
    }

    private void WhileTheLedgerIsLocked(Action body)
    {
        using InvalidationSession session = Schedule(s_busy);
        using ManualResetEventSlim locked = new();
        using ManualResetEventSlim unlock = new();
        TestThread holder = TestThread.Start(() =>
        {
            StripeSet all = _notifier.Ledger.EnterEvery();
            locked.Set();
            Limit.On(unlock);
            _notifier.Ledger.Exit(all);
        });
        Limit.On(locked);
        TestThread other = TestThread.Start(() =>
        {
            _gate.GetReader(); // makes the thread's slot
            body();
        });
        try
        {
            Limit.Until(() => other.HasEnded, "Going on without the lock");
        }
        finally
        {
            unlock.Set();
            holder.Join();
        }

        other.Join();
    }
}
