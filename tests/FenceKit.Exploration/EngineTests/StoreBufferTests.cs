namespace FenceKit.Exploration;

public class StoreBufferTests
{
    private static readonly ExplorationOptions s_totalStoreOrder = new() { Memory = MemoryModel.TotalStoreOrder, Preemptions = 100 };

    [Fact]
    public void Both_reads_miss_both_writes_with_store_buffers() =>
        Assert.NotNull(Explorer.Explore(StoreThenLoad(() => { }), s_totalStoreOrder).Failure);

    [Fact]
    public void One_read_sees_the_other_write_under_sequential_consistency() =>
        Assert.Null(Explorer.Explore(StoreThenLoad(() => { }), new ExplorationOptions { Preemptions = 100 }).Failure);

    [Fact]
    public void One_read_sees_the_other_write_with_a_full_fence_between()
    {
        ExplorationResult result = Explorer.Explore(StoreThenLoad(() => Interlocked.MemoryBarrier()), s_totalStoreOrder);

        Assert.Null(result.Failure);
        Assert.True(result.IsExhaustive);
    }

    [Fact]
    public void A_process_wide_barrier_on_one_side_replaces_the_fence_on_the_other()
    {
        Scenario<Box> scenario = Scenario.Of("asymmetric", () => new Box())
            .Thread("reader", box =>
            {
                Volatile.Write(ref box.Value, 1);
                box.Seen = Volatile.Read(ref box.Other);
            })
            .Thread("writer", box =>
            {
                Volatile.Write(ref box.Other, 1);
                Interlocked.MemoryBarrierProcessWide();
                box.OtherSeen = Volatile.Read(ref box.Value);
            })
            .AtEnd(box => Assert.True(box.Seen + box.OtherSeen > 0));

        Assert.Null(Explorer.Explore(scenario, s_totalStoreOrder).Failure);
    }

    [Fact]
    public void Writes_of_one_thread_become_visible_in_their_order()
    {
        Scenario<Box> scenario = Scenario.Of("message passing", () => new Box())
            .Thread("sender", box =>
            {
                Volatile.Write(ref box.Reference, "message");
                Volatile.Write(ref box.Value, 1);
            })
            .Thread("receiver", box =>
            {
                if (Volatile.Read(ref box.Value) == 1)
                {
                    Assert.Equal("message", Volatile.Read(ref box.Reference));
                }
            });

        Assert.Null(Explorer.Explore(scenario, s_totalStoreOrder).Failure);
    }

    [Fact]
    public void A_thread_sees_its_own_writes_at_once()
    {
        Scenario<Box> scenario = Scenario.Of("forwarding", () => new Box())
            .Thread("A", box =>
            {
                Volatile.Write(ref box.Value, 1);
                Volatile.Write(ref box.Reference, "own");
                Assert.Equal(1, Volatile.Read(ref box.Value));
                Assert.Equal("own", Volatile.Read(ref box.Reference));
                Assert.Equal(1, box.Value);
                Volatile.Write(ref box.Value, 2);
                Volatile.Read(ref box.Other);
                Assert.Equal(2, box.Value);
            })
            .Thread("B", box => Interlocked.Increment(ref box.Other))
            .AtEnd(box => Assert.Equal(2, box.Value));

        Assert.Null(Explorer.Explore(scenario, s_totalStoreOrder).Failure);
    }

    [Fact]
    public void Buffered_writes_survive_a_compacting_collection()
    {
        Scenario<Box> scenario = Scenario.Of("collection", () => new Box())
            .Thread("A", box =>
            {
                Volatile.Write(ref box.Value, 42);
                Volatile.Write(ref box.Reference, new string('x', 3));
                _ = new byte[10_000];
                GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
                Volatile.Read(ref box.Other);
            })
            .Thread("B", box => Volatile.Read(ref box.Value))
            .AtEnd(box =>
            {
                Assert.Equal(42, box.Value);
                Assert.Equal("xxx", box.Reference);
            });

        ExplorationResult result = Explorer.Explore(scenario, s_totalStoreOrder);

        Assert.Null(result.Failure);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Leaving_a_lock_is_a_release_and_no_full_fence(bool hasFence)
    {
        Scenario<Box> scenario = Scenario.Of("store under a lock, then load", () => new Box { Reference = new Lock() })
            .Thread("A", box =>
            {
                var gate = (Lock)box.Reference!;
                gate.Enter();
                Volatile.Write(ref box.Value, 1);
                gate.Exit();
                if (hasFence)
                {
                    Interlocked.MemoryBarrier();
                }

                box.Seen = Volatile.Read(ref box.Other);
            })
            .Thread("B", box =>
            {
                Interlocked.Exchange(ref box.Other, 1);
                box.OtherSeen = Volatile.Read(ref box.Value);
            })
            .AtEnd(box => Assert.True(box.Seen + box.OtherSeen > 0, "both reads missed both writes"));

        Assert.Equal(hasFence, Explorer.Explore(scenario, s_totalStoreOrder).Failure is null);
    }

    [Fact]
    public void A_lock_excludes_and_hands_over_what_was_written_under_it()
    {
        Scenario<Box> scenario = Scenario.Of("two increments under a lock", () => new Box { Reference = new Lock() })
            .Thread("A", IncrementUnderLock)
            .Thread("B", IncrementUnderLock)
            .AtEnd(box => Assert.Equal(4, box.Value));

        Assert.Null(Explorer.Explore(scenario, s_totalStoreOrder).Failure);
    }

    private static void IncrementUnderLock(Box box)
    {
        var gate = (Lock)box.Reference!;
        for (int i = 0; i < 2; i++)
        {
            gate.Enter();
            Assert.Equal(1, ++box.Other);
            Volatile.Write(ref box.Value, Volatile.Read(ref box.Value) + 1);
            box.Other--;
            gate.Exit();
            Assert.False(gate.IsHeldByCurrentThread);
        }
    }

    private static Scenario<Box> StoreThenLoad(Action between) =>
        Scenario.Of("store buffer", () => new Box())
            .Thread("A", box =>
            {
                Volatile.Write(ref box.Value, 1);
                between();
                box.Seen = Volatile.Read(ref box.Other);
            })
            .Thread("B", box =>
            {
                Volatile.Write(ref box.Other, 1);
                between();
                box.OtherSeen = Volatile.Read(ref box.Value);
            })
            .AtEnd(box => Assert.True(box.Seen + box.OtherSeen > 0, "both reads missed both writes"));
}
