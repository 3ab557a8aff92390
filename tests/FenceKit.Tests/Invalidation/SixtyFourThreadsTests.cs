// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>
/// 64 threads over random ranges that overlap: owners that free, mappers that map, readers that follow mappings. A shadow says what is
/// valid. Numbers are those of docs/invalidation-scenarios.md.
/// </summary>
public sealed class SixtyFourThreadsTests
{
    private const int Pages = 48;
    private const int Owners = 16;
    private const int Mappers = 16;
    private const int Readers = 32;

    private readonly InvalidationNotifier _notifier = new("memory");
    private readonly long[] _valid = new long[Pages]; // the shadow: the generation of each page
    private readonly Mapper[] _mappers;
    private int _ownersAtWork = Owners;
    private long _reads;

    public SixtyFourThreadsTests() => _mappers = [.. Enumerable.Range(0, Mappers).Select(index => new Mapper(_notifier, index))];

    [Fact]
    public void Nobody_of_64_follows_a_mapping_of_freed_memory_and_everything_comes_to_rest() // 82, 80, 100
    {
        using ReaderGate gate = new(_notifier, new AddressRange(0, Pages), "readers");

        TestThread.RunTogether(
        [
            .. Enumerable.Range(0, Owners).Select(seed => (Action)(() => Own(seed))),
            .. _mappers.Select((mapper, seed) => (Action)(() => Map(mapper, 100 + seed))),
            .. Enumerable.Range(0, Readers).Select(seed => (Action)(() => Read(gate, 200 + seed))),
        ]);

        Assert.True(_reads > 0, "Nobody has read.");
        Assert.True(_mappers.Sum(mapper => mapper.Published) > 0, "Nobody has mapped.");
        Assert.Equal(0, gate.CopyHoldouts(default));
        InvalidationStatistics rest = _notifier.GetStatistics();
        Assert.Equal((0, 0L, 0L), (rest.Active, rest.SubscriberFaults, rest.Refused));
        Assert.Equal(rest.Begun, rest.Committed + rest.BackedOff);

        // The ledger is as good as new: nobody is held up, and nobody has to retry.
        Assert.True(_mappers[0].Subscription.TryBeginRead(new AddressRange(0, Pages), out InvalidationSequence sequence));
        Assert.False(_mappers[0].Subscription.MustRetry(sequence));
    }

    private void Own(int seed)
    {
        try
        {
            Random random = new(seed);
            for (int round = 0; round < 150; round++)
            {
                AddressRange range = RandomRange(random);
                Assert.True(_notifier.TrySchedule(range, InvalidationReason.Unmap, out InvalidationSession session));
                using (session)
                {
                    if (session.Wait(random.Next(4) == 0 ? TimeSpan.Zero : Limit.Time) != InvalidationOutcome.Completed)
                    {
                        continue; // backs off
                    }

                    for (ulong page = range.Start; page < range.End; page++)
                    {
                        Assert.All(_mappers, mapper => Assert.Equal(0, mapper.MappedAs(page)));
                        long before = Volatile.Read(ref _valid[page]);
                        Assert.Equal(before + 1, Interlocked.Increment(ref _valid[page])); // frees it, and no other owner does so meanwhile
                        Assert.All(_mappers, mapper => Assert.Equal(0, mapper.MappedAs(page)));
                    }

                    session.Commit();
                }
            }
        }
        finally
        {
            Interlocked.Decrement(ref _ownersAtWork);
        }
    }

    private void Map(Mapper mapper, int seed)
    {
        Random random = new(seed);
        while (Volatile.Read(ref _ownersAtWork) > 0)
        {
            mapper.MapOnce(RandomRange(random), _valid);
            Thread.Yield();
        }
    }

    private void Read(ReaderGate gate, int seed)
    {
        Random random = new(seed);
        long reads = 0;
        while (Volatile.Read(ref _ownersAtWork) > 0)
        {
            ulong page = (ulong)random.Next(Pages);
            Mapper mapper = _mappers[random.Next(Mappers)];
            if (!gate.TryEnter(AddressRange.FromLength(page, 1), out ReaderScope scope))
            {
                Thread.Yield();
                continue;
            }

            using (scope)
            {
                long mapped = mapper.MappedAs(page);
                Assert.True(mapped == 0 || mapped == Volatile.Read(ref _valid[page]) + 1, "A reader followed a mapping of freed memory.");
                reads++;
            }
        }

        Interlocked.Add(ref _reads, reads);
    }

    private static AddressRange RandomRange(Random random)
    {
        int start = random.Next(Pages);
        return new AddressRange((ulong)start, (ulong)(start + random.Next(1, Math.Min(9, Pages - start + 1))));
    }

    private sealed class Mapper : IInvalidationSubscriber
    {
        private readonly long[] _mapped = new long[Pages]; // 0 is nothing, otherwise generation + 1

        internal Mapper(InvalidationNotifier notifier, int index) => Subscription = notifier.Subscribe(
            new AddressRange(0, Pages), this, $"mapper {index}", new InvalidationSubscriptionOptions { MapsThroughSubscription = index % 2 == 0 });

        internal InvalidationSubscription Subscription { get; }

        internal long Published { get; private set; }

        internal long MappedAs(ulong page) => Volatile.Read(ref _mapped[page]);

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            for (ulong page = request.Overlap.Start; page < request.Overlap.End; page++)
            {
                Volatile.Write(ref _mapped[page], 0);
            }

            fence = default;
            return true;
        }

        internal void MapOnce(AddressRange range, long[] valid)
        {
            if (!Subscription.TryBeginRead(range, out InvalidationSequence sequence))
            {
                return;
            }

            Span<long> built = stackalloc long[(int)range.Length];
            for (int index = 0; index < built.Length; index++)
            {
                built[index] = Volatile.Read(ref valid[(int)range.Start + index]) + 1;
            }

            if (Subscription.TryPopulate(sequence, out PopulateScope scope))
            {
                using (scope)
                {
                    for (int index = 0; index < built.Length; index++)
                    {
                        Volatile.Write(ref _mapped[(int)range.Start + index], built[index]);
                    }

                    Published++;
                }
            }
        }
    }
}
