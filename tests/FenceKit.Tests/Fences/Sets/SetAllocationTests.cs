// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Waits for several fences allocate nothing in steady state: exact bytes of the thread.</summary>
[Collection(AloneCollection.Name)]
public class SetAllocationTests
{
    private readonly FenceTimeline _timeline = new("device");
    private readonly FenceTimeline _silent = new("silent");

    [Fact]
    public void Polling_a_set_and_merging_it_allocate_nothing()
    {
        Fence[] fences = [_timeline.Issue(), _timeline.Issue(), _silent.Issue()];
        Fence[] scratch = new Fence[3];
        Assert.Equal(0, Allocation.Of(() =>
        {
            fences.CopyTo(scratch, 0);
            Fence.Merge(scratch);
            Fence.WaitAny(fences, TimeSpan.Zero);
            Fence.WaitAll(fences, TimeSpan.Zero);
        }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_blocking_wait_for_any_that_times_out_or_is_signaled_allocates_nothing(bool withToken)
    {
        using CancellationTokenSource cancellation = new();
        CancellationToken token = withToken ? cancellation.Token : default;
        Fence[] fences = new Fence[8];
        for (int i = 0; i < fences.Length; i++)
        {
            fences[i] = _silent.Issue();
        }

        Assert.Equal(0, Allocation.Of(
            () => Fence.WaitAny(fences, TimeSpan.FromTicks(1), token), warmUp: 100, rounds: 100));
    }

    [Fact]
    public void A_blocking_wait_that_another_thread_ends_allocates_nothing()
    {
        Fence[] fences = [_silent.Issue(), default];
        ulong turn = 0;
        int wins = 0;
        bool stop = false;
        TestThread signaler = TestThread.Start(() =>
        {
            ulong signaled = 0;
            SpinWait spin = default;
            while (!Volatile.Read(ref stop))
            {
                ulong next = Volatile.Read(ref turn);
                if (next > signaled && _silent.HasCallbacks())
                {
                    _timeline.Signal(signaled = next);
                }

                spin.SpinOnce(-1);
            }
        });

        Assert.Equal(0, Allocation.Of(
            () =>
            {
                fences[1] = _timeline.Issue();
                Volatile.Write(ref turn, fences[1].Point);
                wins += Fence.WaitAny(fences, Limit.Time).Index;
            },
            warmUp: 5_000, // until the pool holds one for the waiter and one that the signaler has not given back yet
            rounds: 500));
        Volatile.Write(ref stop, true);
        signaler.Join();
        Assert.Equal(5_500, wins);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void An_async_loop_that_awaits_sets_allocates_nothing_on_the_thread_that_signals_and_continues_it(bool all, bool withToken)
    {
        using CancellationTokenSource cancellation = new();
        CancellationToken token = withToken ? cancellation.Token : default;
        TimeSpan timeout = withToken ? TimeSpan.FromHours(1) : Timeout.InfiniteTimeSpan;
        Fence[] fences = new Fence[3];
        Fill();
        int turns = 0;
        Task loop = LoopAsync();

        Assert.Equal(0, Allocation.Of(() => _timeline.Signal(_timeline.Issued)));
        Assert.Equal(4_000, turns);
        Assert.False(loop.IsCompleted);

        async Task LoopAsync()
        {
            while (true)
            {
                FenceSetAwaitable wait = all ? Fence.WaitAllAsync(fences, timeout, token) : Fence.WaitAnyAsync(fences, timeout, token);
                await wait.ConfigureAwait(FenceContinuation.Inline);
                turns++;
                Fill();
            }
        }

        void Fill()
        {
            for (int i = 0; i < fences.Length; i++)
            {
                fences[i] = _timeline.Issue();
            }
        }
    }

    [Fact]
    public void A_wait_set_that_is_filled_and_emptied_allocates_nothing()
    {
        using FenceWaitSet set = new(2);
        set.Set(1, _silent.Issue());
        int taken = 0;
        Assert.Equal(0, Allocation.Of(() =>
        {
            Fence fence = _timeline.Issue();
            set.Set(0, fence);
            _timeline.Signal(fence);
            taken += 1 - set.WaitAny(Timeout.InfiniteTimeSpan).Index;
            set.WaitAny(TimeSpan.Zero);
        }));
        Assert.Equal(4_000, taken);
    }
}
