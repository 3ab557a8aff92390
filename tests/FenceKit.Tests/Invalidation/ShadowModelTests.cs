// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>
/// Owners free random ranges, batches too, while mappers map and unmap pages; a shadow says which generation of a page is valid. Whoever
/// reads a mapping inside the gate must find the generation that the owner has not freed yet.
/// </summary>
public sealed class ShadowModelTests
{
    private const int Pages = 16;
    private const long Operations = 10_000_000;

    [Fact]
    public void In_ten_million_operations_no_stale_mapping_is_ever_read() // 80, 82, 100
    {
        InvalidationNotifier notifier = new("memory");
        using ReaderGate gate = new(notifier, new AddressRange(0, Pages), "readers");
        long[] valid = new long[Pages];  // the shadow: the generation of each page; only the owner of a session over it counts it up
        long[] mapped = new long[Pages]; // 0 is nothing, otherwise generation + 1
        StubSubscriber mapper = new()
        {
            Remembers = false,
            Then = request =>
            {
                for (ulong page = request.Overlap.Start; page < request.Overlap.End; page++)
                {
                    Volatile.Write(ref mapped[page], 0);
                }
            },
        };
        using InvalidationSubscription subscription = notifier.Subscribe(
            new AddressRange(0, Pages), mapper, "mapper", new InvalidationSubscriptionOptions { MapsThroughSubscription = true });
        long left = Operations;

        void Use(int seed)
        {
            Random random = new(seed);
            GateReader reader = gate.GetReader();
            while (Volatile.Read(ref left) > 0)
            {
                for (int step = 0; step < 1000; step++)
                {
                    ulong page = (ulong)random.Next(Pages);
                    AddressRange range = AddressRange.FromLength(page, 1);
                    if (step % 8 == 0 && subscription.TryBeginRead(range, out InvalidationSequence sequence))
                    {
                        long generation = Volatile.Read(ref valid[page]);
                        if (subscription.TryPopulate(sequence, out PopulateScope scope))
                        {
                            using (scope)
                            {
                                Volatile.Write(ref mapped[page], generation + 1);
                            }
                        }
                    }

                    if (reader.TryEnter(range, TimeSpan.Zero, out ReaderScope inside))
                    {
                        using (inside)
                        {
                            long seen = Volatile.Read(ref mapped[page]);
                            Assert.True(seen == 0 || seen == Volatile.Read(ref valid[page]) + 1, "A reader followed a mapping of freed memory.");
                        }
                    }
                }

                Interlocked.Add(ref left, -1000);
            }
        }

        void Own(int seed)
        {
            Random random = new(seed);
            InvalidationBatch batch = notifier.CreateBatch();
            AddressRange[] ranges = new AddressRange[4];
            while (Volatile.Read(ref left) > 0)
            {
                batch.Clear();
                for (int count = random.Next(1, 4); count > 0; count--)
                {
                    ulong start = (ulong)random.Next(Pages);
                    batch.Add(new AddressRange(start, start + 1 + (ulong)random.Next(Math.Min(4, Pages - (int)start))));
                }

                Assert.True(batch.TrySchedule(InvalidationReason.Unmap, out InvalidationSession session));
                using (session)
                {
                    if (random.Next(3) != 0 && session.Wait(Limit.Time) == InvalidationOutcome.Completed)
                    {
                        int count = session.CopyRanges(ranges);
                        foreach (AddressRange range in ranges.AsSpan(0, count))
                        {
                            for (ulong page = range.Start; page < range.End; page++)
                            {
                                Assert.Equal(0, Volatile.Read(ref mapped[page]));
                                Interlocked.Increment(ref valid[page]);
                                Assert.Equal(0, Volatile.Read(ref mapped[page]));
                            }
                        }

                        session.Commit();
                    }
                }

                Interlocked.Decrement(ref left);
            }
        }

        TestThread.RunTogether(() => Use(1), () => Use(2), () => Own(3));

        InvalidationStatistics rest = notifier.GetStatistics();
        Assert.Equal(0, rest.Active);
        Assert.Equal(rest.Begun, rest.Committed + rest.BackedOff);
        Assert.True(rest is { Committed: > 0, BackedOff: > 0, Reused: > 0 });
        Assert.Equal(0, gate.CopyHoldouts(default));
        Assert.Equal(0, rest.SubscriberFaults);
    }
}
