// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Independent fences out of preallocated slots.</summary>
public class FencePoolTests
{
    private readonly FencePool _pool = new("ring", 3);

    [Fact]
    public void Rented_fences_are_independent_of_each_other()
    {
        FenceSource[] sources = RentAll();

        Assert.Equal(3, sources.Select(source => source.Fence).Distinct().Count());
        Assert.True(sources[1].TrySignal());
        Assert.Equal([false, true, false], sources.Select(source => source.Fence.IsSignaled));
    }

    [Fact]
    public void An_exhausted_pool_says_so_and_a_signal_gives_the_slot_back_by_itself()
    {
        FenceSource[] sources = RentAll();

        Assert.Equal(0, _pool.Available);
        Assert.False(_pool.TryRent(out FenceSource none));
        Assert.Equal(default, none);
        sources[1].TrySignal();
        Assert.Equal(1, _pool.Available);
        Assert.True(_pool.TryRent(out FenceSource again));
        Assert.False(again.Fence.IsSignaled);
        Assert.Equal(0, _pool.Available);
    }

    [Fact]
    public void A_fault_gives_the_slot_back_too()
    {
        InvalidOperationException error = new("I/O");
        FenceSource[] sources = RentAll();

        Assert.True(sources[0].TrySignal(error));

        Assert.Same(error, sources[0].Fence.Error);
        Assert.Equal(1, _pool.Available);
    }

    [Fact]
    public void A_stale_fence_reads_complete_while_its_slot_serves_somebody_else()
    {
        FenceSource stale = RentAll()[2];
        stale.TrySignal();
        Assert.True(_pool.TryRent(out FenceSource current));

        Assert.NotEqual(stale.Fence, current.Fence);
        Assert.Equal(FenceStatus.Signaled, stale.Fence.Status);
        Assert.False(stale.Fence.TryAddCallback(new RecordingCallback()));
        Assert.Equal(FenceStatus.Signaled, stale.Fence.Wait());
        Assert.False(current.Fence.IsSignaled);
    }

    [Fact]
    public void A_stale_source_signals_nothing_and_returns_no_slot()
    {
        FenceSource stale = RentAll()[2];
        stale.TrySignal();
        _pool.TryRent(out FenceSource current);

        Assert.False(stale.TrySignal());
        Assert.False(stale.TrySignal(new InvalidOperationException()));
        Assert.False(default(FenceSource).TrySignal());
        Assert.False(default(FenceSource).TrySignal(new InvalidOperationException()));
        Assert.False(current.Fence.IsSignaled);
        Assert.Equal(0, _pool.Available);
    }

    [Fact]
    public void A_pool_remembers_the_faults_of_its_slots_together()
    {
        using FencePool pool = new("pair", 2, new FenceTimelineOptions { RetainedFaults = 3 });
        List<Fence> fences = [];
        pool.TryRent(out FenceSource other);
        for (int i = 0; i < 4; i++)
        {
            pool.TryRent(out FenceSource source);
            fences.Add(source.Fence);
            source.TrySignal(new InvalidOperationException($"{i}"));
            Assert.All(fences[..Math.Min(i + 1, 3)], fence => Assert.Equal(i == 3 && fence == fences[0] ? FenceStatus.Retired : FenceStatus.Faulted, fence.Status));
        }

        Assert.Equal([null, "1", "2", "3"], fences.Select(fence => fence.Error?.Message));
        other.TrySignal(new InvalidOperationException("other")); // of another slot, and takes the place of "1"
        Assert.Equal([null, null, "2", "3"], fences.Select(fence => fence.Error?.Message));
        Assert.Equal("other", other.Fence.Error!.Message);
    }

    [Fact]
    public void A_slot_that_faults_often_knows_how_its_first_fences_ended()
    {
        using FencePool pool = new("single", 1);
        List<FenceSource> sources = [];
        for (int i = 0; i < 500; i++)
        {
            pool.TryRent(out FenceSource source);
            sources.Add(source);
            Assert.True(i % 2 == 0 ? source.TrySignal(new InvalidOperationException($"{i}")) : source.TrySignal());
        }

        Assert.All(
            sources.Select((source, i) => (source.Fence, Index: i)),
            entry => Assert.Equal(
                entry.Index % 2 == 0 ? $"{entry.Index}" : null,
                entry.Fence.GetStatus(out Exception? error) == FenceStatus.Faulted ? error!.Message : null));
    }

    [Fact]
    public void A_slot_remembers_what_the_pool_is_told_to_and_older_ones_are_retired()
    {
        using FencePool pool = new("single", 1, new FenceTimelineOptions { RetainedFaults = 1 });
        pool.TryRent(out FenceSource first);
        first.TrySignal(new InvalidOperationException("first"));
        pool.TryRent(out FenceSource second);
        second.TrySignal();
        Assert.Equal((FenceStatus.Faulted, FenceStatus.Signaled), (first.Fence.Status, second.Fence.Status));
        pool.TryRent(out FenceSource third);
        third.TrySignal(new InvalidOperationException("third"));

        Assert.Equal(
            (FenceStatus.Retired, FenceStatus.Signaled, FenceStatus.Faulted),
            (first.Fence.Status, second.Fence.Status, third.Fence.Status));
    }

    [Fact]
    public void Waiters_have_their_outcome_before_the_slot_can_be_rented_again()
    {
        using FencePool pool = new("single", 1);
        pool.TryRent(out FenceSource source);
        bool rentedInside = true;
        RecordingCallback callback = new(() => rentedInside = pool.TryRent(out _));
        source.Fence.TryAddCallback(callback);

        source.TrySignal();

        Assert.Equal(1, callback.Calls);
        Assert.False(rentedInside);
        Assert.Equal(1, pool.Available);
    }

    [Fact]
    public void Points_never_repeat_however_often_slots_are_reused()
    {
        HashSet<Fence> seen = [];
        for (int i = 0; i < 3_000; i++)
        {
            Assert.True(_pool.TryRent(out FenceSource source));
            Assert.True(seen.Add(source.Fence));
            source.TrySignal();
        }

        Assert.Equal(3, _pool.Available);
    }

    [Fact]
    public void Disposing_faults_what_is_pending_and_refuses_new_rents()
    {
        FenceSource[] sources = RentAll();
        sources[0].TrySignal();
        RecordingCallback callback = new();
        sources[1].Fence.TryAddCallback(callback);

        _pool.Dispose();
        _pool.Dispose();

        Assert.Equal(FenceStatus.Signaled, sources[0].Fence.Status);
        FenceAbandonedException error = Assert.IsType<FenceAbandonedException>(sources[1].Fence.Error);
        Assert.Equal("ring", error.TimelineName);
        Assert.Same(error, callback.Error);
        Assert.False(sources[2].TrySignal());
        Assert.Contains("ring", Assert.Throws<ObjectDisposedException>(() => _pool.TryRent(out _)).ObjectName, StringComparison.Ordinal);
    }

    [Fact]
    public void Sources_are_equal_when_they_produce_the_same_fence()
    {
        FenceSource[] sources = RentAll();
        FenceSource copy = sources[0];

        Assert.True(copy == sources[0]);
        Assert.True(copy.Equals((object)sources[0]));
        Assert.Equal(copy.GetHashCode(), sources[0].GetHashCode());
        Assert.True(sources[0] != sources[1]);
        Assert.Equal("ring", sources[0].Fence.TimelineName);
    }

    [Fact]
    public void Threads_that_rent_and_signal_at_the_same_time_never_share_a_slot_and_leave_the_counters_equal()
    {
        const int Rounds = 30_000;
        using FencePool pool = new("busy", 4);
        int[] rents = new int[3];
        int[] refusals = new int[3];

        void Work(int me)
        {
            FenceSource last = default;
            for (int i = 0; i < Rounds; i++)
            {
                if (!pool.TryRent(out FenceSource source))
                {
                    refusals[me]++;
                    continue;
                }

                rents[me]++;
                Assert.False(source.Fence.IsSignaled);
                Assert.False(last.TrySignal(), "A stale source signaled somebody else's fence.");
                pool.TryRent(out FenceSource second);
                Assert.True(source.TrySignal(), "Somebody else signaled this fence.");
                Assert.Equal(second != default, second.TrySignal());
                last = source;
            }
        }

        TestThread.RunTogether(() => Work(0), () => Work(1), () => Work(2));
        Assert.Equal(3 * Rounds, rents.Sum() + refusals.Sum());
        Assert.True(rents.Min() > 0);
        Assert.Equal(4, pool.Available);
        Assert.All(Enumerable.Range(0, 4), _ => Assert.True(pool.TryRent(out FenceSource _)));
        Assert.False(pool.TryRent(out _));
    }

    private FenceSource[] RentAll() =>
    [.. Enumerable.Range(0, _pool.Capacity).Select(_ =>
    {
        Assert.True(_pool.TryRent(out FenceSource source));
        return source;
    })];
}
