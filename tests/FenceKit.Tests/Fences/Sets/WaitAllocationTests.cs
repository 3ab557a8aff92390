// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Every wait that is not of one fence, sync and async, with and without a token: nothing is allocated in steady state. Exact bytes.</summary>
[Collection(AloneCollection.Name)]
public sealed class WaitAllocationTests : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly FenceTimeline _timeline = new("device");
    private readonly FenceTimeline _silent = new("silent");

    public void Dispose() => _cancellation.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_blocking_wait_for_all_whose_time_runs_out_allocates_nothing(bool withToken)
    {
        Fence[] fences = [_silent.Issue(), _timeline.Issue(), _silent.Issue()];
        Assert.Equal(0, Allocation.Of(() => Fence.WaitAll(fences, TimeSpan.FromTicks(1), Token(withToken)), warmUp: 100, rounds: 100));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_blocking_wait_for_all_that_another_thread_ends_allocates_nothing(bool withToken)
    {
        Fence[] fences = new Fence[2];
        Assert.Equal(0, OfWaitsThatAnotherThreadEnds(fence =>
        {
            fences[0] = fence;
            fences[1] = fence;
            return Fence.WaitAll(fences, Limit.Time, Token(withToken)).Status == FenceStatus.Signaled;
        }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_blocking_wait_of_a_wait_set_allocates_nothing(bool withToken)
    {
        using FenceWaitSet set = new(2);
        set.Set(1, _silent.Issue());
        Assert.Equal(0, Allocation.Of(() => set.WaitAny(TimeSpan.FromTicks(1), Token(withToken)), warmUp: 100, rounds: 100));
        Assert.Equal(0, OfWaitsThatAnotherThreadEnds(fence =>
        {
            set.Set(0, fence);
            return set.WaitAny(Limit.Time, Token(withToken)).Index == 0;
        }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_async_loop_over_a_wait_set_allocates_nothing_on_the_thread_that_signals_and_continues_it(bool withToken)
    {
        using FenceWaitSet set = new(2);
        set.Set(1, _silent.Issue());
        Fence current = _timeline.Issue();
        set.Set(0, current);
        int turns = 0;
        Task loop = LoopAsync();

        Assert.Equal(0, Allocation.Of(() => _timeline.Signal(current)));
        Assert.True(turns >= 4_000);
        Assert.False(loop.IsCompleted);

        async Task LoopAsync()
        {
            TimeSpan timeout = withToken ? TimeSpan.FromHours(1) : Timeout.InfiniteTimeSpan;
            while (true)
            {
                FenceWaitResult result = await set.WaitAnyAsync(timeout, FenceContinuation.Inline, Token(withToken)).ConfigureAwait(false);
                turns += 1 - result.Index;
                current = _timeline.Issue();
                set.Set(0, current);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_blocking_wait_of_a_reservation_allocates_nothing(bool withToken)
    {
        WoundWaitLock reservationLock = new(new WoundWaitClass("buffers"));
        FenceReservation reservation = new(reservationLock);
        TestThread.Run(() => Assert.True(reservationLock.TryLock())); // held by somebody: with the contract checked a hold of this flow is a part of its execution context
        reservation.Reserve(1);
        reservation.Add(_silent.Issue(), FenceUsage.Bookkeep);
        Assert.Equal(0, Allocation.Of(
            () => reservation.Wait(FenceUsage.Bookkeep, TimeSpan.FromTicks(1), Token(withToken)), warmUp: 100, rounds: 100));
        Assert.Equal(0, OfWaitsThatAnotherThreadEnds(fence =>
        {
            reservation.Reserve(1);
            reservation.Add(fence, FenceUsage.Write);
            return reservation.Wait(FenceUsage.Read, Limit.Time, Token(withToken)) == FenceStatus.Signaled;
        }));
        reservationLock.Unlock();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_async_loop_over_a_reservation_allocates_nothing_on_the_thread_that_signals_and_continues_it(bool withToken)
    {
        WoundWaitLock reservationLock = new(new WoundWaitClass("buffers"));
        FenceReservation reservation = new(reservationLock);
        TestThread.Run(() => Assert.True(reservationLock.TryLock())); // held by somebody: with the contract checked a hold of this flow is a part of its execution context
        Fence current = default;
        int turns = 0;
        Add();
        Task loop = LoopAsync();

        Assert.Equal(0, Allocation.Of(() => _timeline.Signal(current)));
        Assert.True(turns >= 4_000);
        Assert.False(loop.IsCompleted);
        reservationLock.Unlock();

        async Task LoopAsync()
        {
            TimeSpan timeout = withToken ? TimeSpan.FromHours(1) : Timeout.InfiniteTimeSpan;
            while (true)
            {
                await reservation.WaitAsync(FenceUsage.Read, timeout, Token(withToken)).ConfigureAwait(FenceContinuation.Inline);
                turns++;
                Add();
            }
        }

        void Add()
        {
            current = _timeline.Issue();
            reservation.Reserve(1);
            reservation.Add(current, FenceUsage.Write);
        }
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void A_contended_async_lock_allocates_nothing_on_the_thread_that_unlocks_and_continues_it(bool withContext, bool withToken)
    {
        if (FenceContract.IsChecked)
        {
            return; // with the contract checked a lock is held by the flow, and the execution context carries that
        }

        WoundWaitClass lockClass = new("class");
        WoundWaitLock contended = new(lockClass);
        WoundWaitContext holder = new(lockClass);
        WoundWaitContext waiter = new(lockClass);
        int turns = 0;
        Task<WoundWaitOutcome> held = contended.LockAsync(holder, Limit.Time).AsTask(); // over awaits, so of no thread
        Assert.Equal(WoundWaitOutcome.Acquired, Limit.On(held));
        Task loop = withContext ? WithContextAsync() : AloneAsync();

        Assert.Equal(0, Allocation.Of(() => contended.Unlock(holder))); // to the loop, which runs here and takes it for the holder again
        Assert.True(turns >= 4_000);
        Assert.False(loop.IsCompleted);

        async Task WithContextAsync()
        {
            TimeSpan timeout = withToken ? TimeSpan.FromHours(1) : Timeout.InfiniteTimeSpan;
            while (true)
            {
                await contended.LockAsync(waiter, timeout, FenceContinuation.Inline, Token(withToken)).ConfigureAwait(false);
                turns++;
                contended.Unlock(waiter);
                await contended.LockAsync(holder, Timeout.InfiniteTimeSpan, FenceContinuation.Inline).ConfigureAwait(false); // free: at once
            }
        }

        async Task AloneAsync()
        {
            TimeSpan timeout = withToken ? TimeSpan.FromHours(1) : Timeout.InfiniteTimeSpan;
            while (true)
            {
                await contended.LockAsync(timeout, FenceContinuation.Inline, Token(withToken)).ConfigureAwait(false);
                turns++;
                contended.Unlock();
                await contended.LockAsync(holder, Timeout.InfiniteTimeSpan, FenceContinuation.Inline).ConfigureAwait(false); // free: at once
            }
        }
    }

    private CancellationToken Token(bool with) => with ? _cancellation.Token : default;

    /// <summary>Bytes on the waiting thread, when another thread signals the fence once the wait is in its list.</summary>
    private long OfWaitsThatAnotherThreadEnds(Func<Fence, bool> wait)
    {
        ulong turn = 0;
        int wrong = 0; // asserting allocates
        bool stop = false;
        TestThread signaler = TestThread.Start(() =>
        {
            ulong signaled = 0;
            SpinWait spin = default;
            while (!Volatile.Read(ref stop))
            {
                ulong next = Volatile.Read(ref turn);
                if (next > signaled && _timeline.HasCallbacks())
                {
                    _timeline.Signal(signaled = next);
                }

                spin.SpinOnce(-1);
            }
        });
        long bytes = Allocation.Of(
            () =>
            {
                Fence fence = _timeline.Issue();
                Volatile.Write(ref turn, fence.Point);
                wrong += wait(fence) ? 0 : 1;
            },
            warmUp: 5_000, // until the pools hold one for the waiter and one that the signaler has not given back yet
            rounds: 300);
        Volatile.Write(ref stop, true);
        signaler.Join();
        Assert.Equal(0, wrong);
        return bytes;
    }
}
