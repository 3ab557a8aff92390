// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Tests.Fences;

/// <summary>A FenceSource that is dropped without a signal: its slot comes back, and its fence says so.</summary>
[Collection(AloneCollection.Name)]
public class DroppedSourceTests
{
    [Fact]
    public void Slots_of_dropped_sources_come_back_and_their_fences_fault_with_the_name_of_the_pool()
    {
        using FencePool pool = new("decoder", 64);
        Fence[] fences = RentAndDrop(pool, 64);
        Assert.Equal(0, pool.Available);

        CollectUntil(() => pool.Available == 64);

        Assert.All(fences, fence =>
        {
            FenceAbandonedException error = Assert.IsType<FenceAbandonedException>(fence.Error);
            Assert.Equal("decoder", error.TimelineName);
            Assert.Contains("'decoder' was dropped and collected without a signal", error.Message, StringComparison.Ordinal);
        });
        Assert.Equal(64, Enumerable.Range(0, 64).Count(_ => pool.TryRent(out FenceSource source) && !source.Fence.IsSignaled));
    }

    [Fact]
    public void Who_rented_it_is_named_where_the_pool_tracks_that()
    {
        using FencePool pool = new("decoder", 1, new FenceTimelineOptions { TrackedIssuers = 8 });
        Fence fence = RentAndDrop(pool, 1)[0];
        CollectUntil(() => fence.IsSignaled);
        Assert.Contains(nameof(RentAndDrop), Assert.IsType<FenceAbandonedException>(fence.Error).Issuer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_waits_for_a_dropped_source_hears_of_it()
    {
        using FencePool pool = new("decoder", 1);
        Task waiting = AwaitDropped(pool);
        CollectUntil(() => waiting.IsCompleted);
        await Assert.ThrowsAsync<FenceAbandonedException>(() => waiting);
        CollectUntil(() => pool.Available == 1); // the slot goes back behind those who wait

        [MethodImpl(MethodImplOptions.NoInlining)]
        static Task AwaitDropped(FencePool pool)
        {
            Fence fence = RentAndDrop(pool, 1)[0];
            return Wait(fence);
        }

        static async Task Wait(Fence fence) => await fence;
    }

    [Fact]
    public void A_source_that_somebody_keeps_is_not_taken_for_dropped()
    {
        using FencePool pool = new("decoder", 2);
        Assert.True(pool.TryRent(out FenceSource kept));
        RentAndDrop(pool, 1);
        object boxed = kept; // one copy is enough
        kept = default;
        CollectUntil(() => pool.Available == 1);
        Collect();

        Assert.Equal(1, pool.Available);
        Assert.True(((FenceSource)boxed).TrySignal());
        Assert.Equal(2, pool.Available);
    }

    [Fact]
    public void A_source_whose_fence_the_watchdog_has_faulted_gives_nothing_back_when_it_is_dropped()
    {
        ManualTimeProvider clock = new();
        using FencePool pool = new("decoder", 1, new FenceTimelineOptions { Watchdog = TimeSpan.FromSeconds(1), TimeProvider = clock });
        Fence late = RentAndDropAfter(pool, clock);
        Assert.IsType<FenceTimeoutException>(late.Error);
        Assert.True(pool.TryRent(out FenceSource next));
        Collect();
        Collect();

        Assert.False(next.Fence.IsSignaled);
        Assert.Equal(0, pool.Available);
        Assert.True(next.TrySignal());
        Assert.Equal(1, pool.Available);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static Fence RentAndDropAfter(FencePool pool, ManualTimeProvider clock)
        {
            pool.TryRent(out FenceSource source);
            for (int i = 0; i < 12; i++)
            {
                clock.Advance(TimeSpan.FromMilliseconds(250));
            }

            Assert.False(source.TrySignal());
            return source.Fence;
        }
    }

    [Fact]
    public void Renting_and_signaling_allocate_nothing_also_after_sources_were_dropped()
    {
        using FencePool pool = new("decoder", 4);
        RentAndDrop(pool, 4);
        CollectUntil(() => pool.Available == 4);
        Assert.Equal(0, Allocation.Of(() =>
        {
            pool.TryRent(out FenceSource source);
            source.TrySignal();
        }));
    }

    [Fact]
    public void What_waited_for_a_dropped_source_and_the_pool_itself_can_be_collected()
    {
        (WeakReference Pool, WeakReference Callback) dropped = Drop();
        CollectUntil(() => !dropped.Pool.IsAlive && !dropped.Callback.IsAlive);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static (WeakReference, WeakReference) Drop()
        {
            FencePool pool = new("decoder", 8);
            RecordingCallback callback = new();
            RentAndDrop(pool, 3)[1].TryAddCallback(callback);
            return (new WeakReference(pool), new WeakReference(callback));
        }
    }

    [Fact]
    public void Nothing_is_kept_of_sources_that_were_dropped()
    {
        using FencePool pool = new("decoder", 1_000);
        RentAndDrop(pool, 1_000);
        CollectUntil(() => pool.Available == 1_000);
        Collect();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int round = 0; round < 20; round++)
        {
            RentAndDrop(pool, 1_000);
            CollectUntil(() => pool.Available == 1_000);
        }

        Collect();
        long after = GC.GetTotalMemory(forceFullCollection: true);

        // The faults that the pool remembers, a thousand from the start, have other messages of the same length.
        Assert.True(after - before < 100_000, $"20,000 dropped sources keep {after - before} bytes.");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Fence[] RentAndDrop(FencePool pool, int count)
    {
        Fence[] fences = new Fence[count];
        for (int i = 0; i < count; i++)
        {
            Assert.True(pool.TryRent(out FenceSource source));
            fences[i] = source.Fence;
        }

        return fences;
    }

    private static void CollectUntil(Func<bool> condition) => Limit.Until(
        () =>
        {
            Collect();
            return condition();
        },
        "What was dropped being found");

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
