// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Nothing is allocated in steady state: exact bytes of the thread. Alone, because the pooled nodes belong to the process.</summary>
[Collection(AloneCollection.Name)]
public class AllocationTests
{
    private readonly FenceTimeline _timeline = new("device");

    [Fact]
    public void The_counter_of_these_tests_sees_a_single_object()
    {
        object? kept = null;
        Assert.True(Allocation.Of(() => kept = new object()) >= 24_000);
        GC.KeepAlive(kept);
    }

    [Fact]
    public void Issuing_polling_and_signaling_without_waiters_allocates_nothing() => Assert.Equal(0, Allocation.Of(() =>
    {
        Fence fence = _timeline.Issue();
        Fence block = _timeline.Issue(3);
        _ = fence.IsSignaled | fence.Status == FenceStatus.Pending | block.IsLaterThan(fence) | fence.Equals(block);
        _timeline.Signal(fence);
        _timeline.Signal(block.Point);
    }));

    [Fact]
    public void Signaling_a_fault_and_reading_it_allocates_nothing()
    {
        InvalidOperationException error = new();
        InvalidOperationException another = new();
        Assert.Equal(0, Allocation.Of(() =>
        {
            Fence fence = _timeline.Issue();
            _timeline.Signal(fence, fence.Point % 2 == 0 ? error : another);
            _ = fence.Error;
        }));
    }

    [Fact]
    public void Adding_signaling_and_running_a_callback_allocates_nothing()
    {
        RecordingCallback callback = new();
        Assert.Equal(0, Allocation.Of(() =>
        {
            Fence fence = _timeline.Issue();
            fence.TryAddCallback(callback);
            _timeline.Signal(fence);
        }));
        Assert.Equal(4_000, callback.Calls);
    }

    [Fact]
    public void Adding_and_removing_a_callback_allocates_nothing()
    {
        RecordingCallback callback = new();
        Fence fence = _timeline.Issue();
        Assert.Equal(0, Allocation.Of(() =>
        {
            fence.TryAddCallback(callback);
            fence.TryRemoveCallback(callback);
        }));
    }

    [Fact]
    public void Renting_and_signaling_allocates_nothing()
    {
        FencePool pool = new("ring", 4);
        Assert.Equal(0, Allocation.Of(() =>
        {
            pool.TryRent(out FenceSource source);
            source.TrySignal();
        }));
    }

    [Fact]
    public void Attaching_a_continuation_and_running_it_inline_allocates_nothing()
    {
        int ran = 0;
        FenceAwaitable awaiter = default;
        Action continuation = () =>
        {
            awaiter.GetResult();
            ran++;
        };
        Assert.Equal(0, Allocation.Of(() =>
        {
            Fence fence = _timeline.Issue();
            awaiter = fence.ConfigureAwait(FenceContinuation.Inline).GetAwaiter();
            awaiter.UnsafeOnCompleted(continuation);
            _timeline.Signal(fence);
        }));
        Assert.Equal(4_000, ran);
    }

    [Fact]
    public void An_async_loop_that_awaits_fence_after_fence_allocates_nothing_on_the_thread_that_signals_and_continues_it()
    {
        int turns = 0;
        Fence current = _timeline.Issue();
        Task loop = LoopAsync();

        Assert.Equal(0, Allocation.Of(() => _timeline.Signal(current)));
        Assert.Equal(4_000, turns);
        Assert.False(loop.IsCompleted);

        async Task LoopAsync()
        {
            while (true)
            {
                await current.ConfigureAwait(FenceContinuation.Inline);
                turns++;
                current = _timeline.Issue();
            }
        }
    }

    [Fact]
    public void Signaling_a_fence_whose_waiter_continues_on_the_thread_pool_allocates_nothing()
    {
        using SemaphoreSlim turn = new(0);
        Fence current = _timeline.Issue();
        _ = LoopAsync();

        // The queue of the thread pool keeps its own memory and grows it now and then: not in each of the blocks that are counted.
        Assert.Equal(0, Allocation.Of(() =>
        {
            _timeline.Signal(current);
            turn.Wait();
        }));

        async Task LoopAsync()
        {
            while (true)
            {
                await current.ConfigureAwait(FenceContinuation.ThreadPool);
                current = _timeline.Issue();
                Task again = AttachedAsync();
                turn.Release();
                await again;
            }
        }

        async Task AttachedAsync() => await current.ConfigureAwait(FenceContinuation.ThreadPool);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void An_async_loop_with_timeouts_or_a_token_allocates_nothing(bool hasTimeout, bool hasToken)
    {
        using CancellationTokenSource cancellation = new();
        CancellationToken token = hasToken ? cancellation.Token : default;
        TimeSpan timeout = hasTimeout ? Limit.Time : Timeout.InfiniteTimeSpan;
        Fence current = _timeline.Issue();
        int turns = 0;
        _ = LoopAsync();

        Assert.Equal(0, Allocation.Of(() => _timeline.Signal(current)));
        Assert.Equal(4_000, turns);

        async Task LoopAsync()
        {
            while (true)
            {
                await current.WaitAsync(timeout, token).ConfigureAwait(FenceContinuation.Inline);
                turns++;
                current = _timeline.Issue();
            }
        }
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Blocking_with_a_timeout_or_a_token_allocates_nothing_on_either_thread(bool hasTimeout, bool hasToken)
    {
        const int WarmUp = 300;
        const int Rounds = 300;
        using CancellationTokenSource cancellation = new();
        CancellationToken token = hasToken ? cancellation.Token : default;
        TimeSpan timeout = hasTimeout ? Limit.Time : Timeout.InfiniteTimeSpan;
        _timeline.Issue(WarmUp + Rounds);
        ulong waited = 0;
        long signalerBytes = -1;
        Func<bool> isWaiting = _timeline.HasCallbacks;
        TestThread signaler = TestThread.Start(() =>
        {
            ulong signaled = 0;
            Action signal = () =>
            {
                SpinWait spin = default;
                while (!isWaiting() && Volatile.Read(ref waited) <= signaled)
                {
                    spin.SpinOnce();
                }

                _timeline.Signal(++signaled);
            };
            Allocation.Count(signal, WarmUp);
            signalerBytes = Allocation.Count(signal, Rounds);
        });

        long waiterBytes = -1;
        TestThread.Run(() =>
        {
            Action wait = () =>
            {
                _timeline.GetFence(waited + 1).Wait(timeout, token);
                Volatile.Write(ref waited, waited + 1);
            };
            Allocation.Count(wait, WarmUp);
            waiterBytes = Allocation.Count(wait, Rounds);
        });
        signaler.Join();
        Assert.Equal((0, 0), (waiterBytes, signalerBytes));
    }

    [Fact]
    public void A_blocking_wait_whose_time_runs_out_allocates_nothing()
    {
        Fence fence = _timeline.Issue();
        Assert.Equal(0, Allocation.Of(() => fence.Wait(TimeSpan.FromTicks(1)), warmUp: 30, rounds: 30));
        Assert.Equal(0, Allocation.Of(() => fence.Wait(TimeSpan.Zero)));
    }
}
