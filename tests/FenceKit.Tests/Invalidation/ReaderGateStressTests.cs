// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Many readers against owners that replace what they read. A freed segment says so when it is read.</summary>
public sealed class ReaderGateStressTests
{
    private const int Places = 4;
    private const int Readers = 4;

    [Fact]
    public void No_reader_ever_reads_a_segment_that_was_freed() // 76, 77, 82
    {
        InvalidationNotifier notifier = new("table");
        ReaderGate gate = new(notifier, new AddressRange(0, Places), "readers");
        Segment[] table = [.. Enumerable.Range(0, Places).Select(_ => new Segment())];
        bool stop = false;
        long reads = 0;
        void Read(int seed)
        {
            Random random = new(seed);
            long mine = 0;
            while (!Volatile.Read(ref stop))
            {
                int place = random.Next(Places);
                using (random.Next(2) == 0 ? gate.Enter() : gate.Enter(AddressRange.FromLength((ulong)place, 1)))
                {
                    Segment segment = Volatile.Read(ref table[place]);
                    if (random.Next(8) == 0)
                    {
                        using (gate.Enter(AddressRange.FromLength((ulong)place, 1)))
                        {
                            Assert.False(Volatile.Read(ref segment.IsFreed), "A nested reader saw a freed segment.");
                        }
                    }

                    Assert.False(Volatile.Read(ref segment.IsFreed), "A reader saw a freed segment.");
                    mine++;
                }
            }

            Interlocked.Add(ref reads, mine);
        }

        void Replace(int seed, int rounds)
        {
            try
            {
                Random random = new(seed);
                for (int round = 0; round < rounds; round++)
                {
                    ulong place = (ulong)random.Next(Places);
                    Assert.True(notifier.TrySchedule(AddressRange.FromLength(place, 1), InvalidationReason.Unmap, out InvalidationSession session));
                    using (session)
                    {
                        Segment old = Volatile.Read(ref table[place]);
                        if (session.Wait(random.Next(4) == 0 ? TimeSpan.Zero : Limit.Time) == InvalidationOutcome.Completed)
                        {
                            Volatile.Write(ref table[place], new Segment());
                            Volatile.Write(ref old.IsFreed, true);
                            session.Commit();
                        }
                    }
                }
            }
            finally
            {
                Volatile.Write(ref stop, true);
            }
        }

        TestThread.RunTogether(
            [.. Enumerable.Range(0, Readers).Select(seed => (Action)(() => Read(seed))), () => Replace(100, 20_000)]);

        Assert.True(reads > 0);
        InvalidationStatistics rest = notifier.GetStatistics();
        Assert.Equal(0, rest.Active);
        Assert.Equal(rest.Begun, rest.Committed + rest.BackedOff);
        Assert.Equal(0, gate.CopyHoldouts(default)); // 100
    }

    [Fact]
    public void Unrelated_sessions_without_end_do_not_hold_up_a_reader_nor_starve_a_session() // 83
    {
        InvalidationNotifier notifier = new("table");
        ReaderGate gate = new(notifier, new AddressRange(0, 100), "readers");
        bool stop = false;
        TestThread busy = TestThread.Start(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                if (notifier.TrySchedule(new AddressRange(50, 60), InvalidationReason.Unmap, out InvalidationSession session))
                {
                    session.Wait(Limit.Time);
                    session.Commit();
                }
            }
        });
        TestThread reader = TestThread.Start(() =>
        {
            for (int round = 0; round < 5_000; round++)
            {
                Assert.True(gate.TryEnter(new AddressRange(0, 10), out ReaderScope scope), "An unrelated session held the reader up.");
                scope.Dispose();
            }
        });
        for (int round = 0; round < 1_000; round++)
        {
            Assert.True(notifier.TrySchedule(new AddressRange(20, 30), InvalidationReason.Unmap, out InvalidationSession session));
            Assert.Equal(InvalidationOutcome.Completed, session.Wait(Limit.Time));
            session.Commit();
        }

        reader.Join();
        Volatile.Write(ref stop, true);
        busy.Join();
    }

    private sealed class Segment
    {
        public bool IsFreed;
    }
}
