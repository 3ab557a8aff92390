// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Tests.Fences;

/// <summary>
/// The kernel's chains of fences. A chain is a timeline here: its nodes are points, and looking a node up by its number is
/// <see cref="FenceTimeline.GetFence"/>. So nothing is linked, walked or collected, and what the kernel's tests ask of chains has a simple answer.
/// </summary>
public class ChainTests
{
    private const int Length = 64;

    private readonly FenceTimeline _chain = new("chain");

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Whoever_lets_go_first_of_a_chain_and_its_fence_nothing_leaks(int first, int second)
    {
        object?[] holders = new object?[2]; // the producer's reference and the consumer's
        WeakReference chain = Make(holders);
        holders[first] = null;
        Collect();
        Assert.True(chain.IsAlive, "The other one still holds it.");
        holders[second] = null;
        Limit.Until(
            () =>
            {
                Collect();
                return !chain.IsAlive;
            },
            "The collection of what nobody needs");

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Make(object?[] holders)
        {
            FenceTimeline timeline = new("short");
            Fence fence = timeline.Issue();
            timeline.Signal(fence);
            holders[0] = timeline;
            holders[1] = fence;
            return new WeakReference(timeline);
        }

        static void Collect()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    [Fact]
    public void Looking_up_gives_exactly_the_point_asked_for_from_anywhere_and_refuses_what_was_not_submitted()
    {
        Fence[] nodes = Issue(Length);
        Assert.True(_chain.GetFence(0).IsSignaled); // nothing is asked for: nothing to wait for
        for (int i = 0; i < Length; i++)
        {
            Assert.Equal(nodes[i], _chain.GetFence((ulong)i + 1));
            Assert.False(nodes[i].IsSignaled);
        }

        Assert.Throws<ArgumentOutOfRangeException>("point", () => _chain.GetFence(Length + 1));
    }

    [Fact]
    public void A_point_that_has_signaled_is_found_complete_and_the_next_one_pending()
    {
        Issue(2);
        _chain.Signal(1);
        Assert.Equal(FenceStatus.Signaled, _chain.GetFence(1).Status);
        Assert.Equal(FenceStatus.Pending, _chain.GetFence(2).Status);
    }

    [Fact]
    public void Work_that_ends_out_of_order_completes_a_chain_only_up_to_the_oldest_that_is_pending()
    {
        // Independent fences for the work; whoever keeps order says so point by point, when all before it are over.
        using FencePool work = new("work", 3);
        FenceSource[] sources = [Rent(work), Rent(work), Rent(work)];
        Fence[] nodes = Issue(3);
        InOrder order = new(_chain, sources);
        order.Watch();

        sources[1].TrySignal();

        Assert.All(nodes, node => Assert.False(node.IsSignaled));
        Assert.True(sources[1].Fence.IsSignaled);
        sources[0].TrySignal();
        Assert.Equal([true, true, false], nodes.Select(node => node.IsSignaled));
        sources[2].TrySignal();
        Assert.True(nodes[2].IsSignaled);
    }

    [Fact]
    public void A_gap_is_completed_by_the_next_point_that_is_signaled()
    {
        for (int i = 0; i < Length; i++)
        {
            Assert.Equal((2UL * (ulong)i) + 2, _chain.Issue(2).Point); // the odd points are never signaled themselves
        }

        for (ulong even = 2; even <= 2 * Length; even += 2)
        {
            Fence gap = _chain.GetFence(even - 1);
            Assert.False(gap.IsSignaled);
            Assert.True(_chain.Signal(even));
            Assert.Equal(FenceStatus.Signaled, gap.Status);
            Assert.Equal(even, _chain.GetFence(even).Point);
            Assert.False(even < 2 * Length && _chain.GetFence(even + 1).IsSignaled);
        }
    }

    [Fact]
    public void Random_look_ups_and_random_signals_at_the_same_time_never_fail_and_an_exact_hit_finds_itself()
    {
        const int Points = 4096;
        _chain.Issue(Points);
        int wrong = 0;
        TestThread.RunTogether([.. Enumerable.Range(0, Math.Max(2, Environment.ProcessorCount)).Select(seed => (Action)(() => Hammer(new Random(seed))))]);
        Assert.Equal(0, wrong);

        void Hammer(Random random)
        {
            for (int i = 0; i < 50_000; i++)
            {
                ulong point = (ulong)random.Next(1, Points + 1);
                Fence found = _chain.GetFence(point);
                bool before = found.IsSignaled;
                if (random.Next(64) == 0)
                {
                    _chain.Signal(point);
                }

                // An exact hit is itself; complete stays complete, and everything before what is complete is complete.
                bool right = found.Point == point && (!before || found.IsSignaled) && (!found.IsSignaled || _chain.GetFence(point / 2).IsSignaled);
                Interlocked.Add(ref wrong, right ? 0 : 1);
            }
        }
    }

    private static FenceSource Rent(FencePool pool)
    {
        Assert.True(pool.TryRent(out FenceSource source));
        return source;
    }

    private Fence[] Issue(int count) => [.. Enumerable.Range(0, count).Select(_ => _chain.Issue())];

    /// <summary>Signals the chain in order, whatever order the work ends in.</summary>
    private sealed class InOrder(FenceTimeline chain, FenceSource[] sources) : FenceCallback
    {
        private int _next;

        internal void Watch()
        {
            while (_next < sources.Length && !sources[_next].Fence.TryAddCallback(this))
            {
                chain.Signal((ulong)++_next);
            }
        }

        protected override void OnSignaled(FenceStatus status, Exception? fault)
        {
            chain.Signal((ulong)++_next);
            Watch();
        }
    }
}
