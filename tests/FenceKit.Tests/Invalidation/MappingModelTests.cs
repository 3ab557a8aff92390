// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Threads that map against threads that take away: at no time may anybody use what its owner has taken.</summary>
public class MappingModelTests
{
    private const int Pages = 64;

    [Theory] // Scenarios 80 and 82: with publish scopes, and with a lock of the subscriber's own.
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public void No_mapping_exists_in_a_range_while_its_owner_holds_it_closed(bool scopes, int seed)
    {
        const int SessionsPerOwner = 6_000;
        using InvalidationNotifier notifier = new("memory");
        Mapper[] mappers = [new(notifier, scopes), new(notifier, scopes)];
        long[] contents = new long[Pages];
        int ownersAtWork = 2;
        long stale = 0;

        void Own(int owner)
        {
            Random random = new(seed + owner);
            for (int i = 0; i < SessionsPerOwner; i++)
            {
                AddressRange range = RandomRange(random);
                Assert.True(notifier.TrySchedule(range, InvalidationReason.Unmap, out InvalidationSession session));
                InvalidationOutcome outcome = session.Wait(Timeout.InfiniteTimeSpan);
                if (outcome == InvalidationOutcome.Superseded)
                {
                    session.BackOff(); // the other owner came first, and has changed what stands there
                    continue;
                }

                Assert.Equal(InvalidationOutcome.Completed, outcome);
                for (ulong page = range.Start; page < range.End; page++)
                {
                    // The range is ours: nobody maps it now, and nobody can begin to.
                    Interlocked.Increment(ref contents[page]);
                    Interlocked.Add(ref stale, mappers.Count(mapper => mapper.IsMapped(page)));
                }

                if (random.Next(2) == 0)
                {
                    session.Commit();
                }
                else
                {
                    session.BackOff();
                }
            }

            Interlocked.Decrement(ref ownersAtWork);
        }

        void Map(int index)
        {
            Random random = new(seed + 10 + index);
            while (Volatile.Read(ref ownersAtWork) > 0)
            {
                mappers[index].MapOnce(RandomRange(random), contents);
            }
        }

        TestThread.RunTogether(() => Own(0), () => Own(1), () => Map(0), () => Map(1));
        Assert.Equal(0, stale);
        Assert.All(mappers, mapper => Assert.Equal(0, mapper.StaleAtRest(contents)));
        Assert.True(mappers.Sum(mapper => mapper.Published) > 0, "Something was mapped at all.");
        NotifierTest.AssertAtRest(notifier);
    }

    [Fact] // Scenario 78: addrA and addrB.
    public void A_reader_that_sees_the_later_of_two_sessions_sees_the_earlier_one_too()
    {
        const int Rounds = 20_000;
        using InvalidationNotifier notifier = new("memory");
        InvalidationSubscription reader = notifier.Subscribe(new AddressRange(0, 20), new FakeDevice(), "reader");
        AddressRange rangeA = new(0, 10);
        AddressRange rangeB = new(10, 20);
        long a = 0;
        long b = 0;
        bool done = false;
        long compared = 0;

        long Read(AddressRange range, ref long value)
        {
            while (true)
            {
                if (reader.TryBeginRead(range, out InvalidationSequence sequence))
                {
                    long seen = value;
                    if (!reader.MustRetry(sequence))
                    {
                        return seen;
                    }
                }
            }
        }

        TestThread.RunTogether(
            () =>
            {
                for (int i = 1; i <= Rounds; i++)
                {
                    notifier.Invalidate(rangeA, InvalidationReason.Discard, whileWaiting: null, free: _ => a = i);
                    notifier.Invalidate(rangeB, InvalidationReason.Discard, whileWaiting: null, free: _ => b = i);
                }

                Volatile.Write(ref done, true);
            },
            () =>
            {
                while (!Volatile.Read(ref done))
                {
                    long seenB = Read(rangeB, ref b);
                    long seenA = Read(rangeA, ref a);
                    Assert.True(seenA >= seenB, $"Saw B of round {seenB}, and then A of round {seenA}.");
                    compared++;
                }
            });
        Assert.True(compared > 0);
    }

    private static AddressRange RandomRange(Random random)
    {
        ulong start = (ulong)random.Next(Pages);
        return new AddressRange(start, start + (ulong)random.Next(1, Math.Min(9, Pages - (int)start + 1)));
    }

    /// <summary>Maps pages by remembering their contents; lets go when told. Stale = mapped with contents that are no longer there.</summary>
    private sealed class Mapper : IInvalidationSubscriber
    {
        private readonly InvalidationSubscription _subscription;
        private readonly bool _scopes;
        private readonly long[] _mapped = new long[Pages]; // contents + 1; 0 when not mapped
        private SpinLock _lock = new(enableThreadOwnerTracking: false); // a Lock makes its event when it is first contended: in a schedule nothing may be allocated

        internal Mapper(InvalidationNotifier notifier, bool scopes)
        {
            _scopes = scopes;
            _subscription = notifier.Subscribe(new AddressRange(0, Pages), this, "mapper");
        }

        internal long Published { get; private set; }

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = default;
            bool isLocked = false;
            if (!_scopes)
            {
                _lock.Enter(ref isLocked);
            }

            for (ulong page = request.Overlap.Start; page < request.Overlap.End; page++)
            {
                Volatile.Write(ref _mapped[page], 0);
            }

            if (isLocked)
            {
                _lock.Exit();
            }

            return true;
        }

        internal bool IsMapped(ulong page) => Volatile.Read(ref _mapped[page]) != 0;

        internal int StaleAtRest(long[] contents) => contents.Where((content, page) => _mapped[page] != 0 && _mapped[page] != content + 1).Count();

        internal void MapOnce(AddressRange range, long[] contents)
        {
            if (!_subscription.BeginRead(range, TimeSpan.FromMilliseconds(1), out InvalidationSequence sequence))
            {
                return;
            }

            Span<long> built = stackalloc long[(int)range.Length];
            for (int i = 0; i < built.Length; i++)
            {
                built[i] = Volatile.Read(ref contents[(int)range.Start + i]) + 1;
            }

            if (_scopes)
            {
                if (_subscription.TryPopulate(sequence, out PopulateScope scope))
                {
                    Publish(range, built);
                    scope.Dispose();
                }

                return;
            }

            bool isLocked = false;
            _lock.Enter(ref isLocked);
            if (!_subscription.MustRetry(sequence))
            {
                Publish(range, built);
            }

            _lock.Exit();
        }

        private void Publish(AddressRange range, Span<long> built)
        {
            for (int i = 0; i < built.Length; i++)
            {
                Volatile.Write(ref _mapped[(int)range.Start + i], built[i]);
            }

            Published++;
        }
    }
}
