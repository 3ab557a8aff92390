// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>
/// A pool thread that blocks in a wait of FenceKit is replaced by the pool at once, as one that blocks in Task.Wait is. Every test has many more
/// blocked threads than the pool has by itself, and what they wait for is work of the same pool.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class PoolThreadTests : IDisposable
{
    /// <summary>Beyond the threads that the pool starts without being told; without that it adds about one a second.</summary>
    private const int Requests = 150;

    /// <summary>A small part of what it takes when the pool is not told (two minutes), and many times of what it takes when it is.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(45);

    private readonly FencePool _fences = new("requests", Requests * 2);

    public void Dispose() => _fences.Dispose();

    [Fact]
    public void The_runtime_has_the_members_that_are_told() => Limit.On(Task.Run(() =>
    {
        bool isTold = PoolThread.BeginSleep();
        if (isTold)
        {
            PoolThread.EndSleep();
        }

        Assert.True(isTold);
    }));

    [Fact]
    public void A_thread_of_ones_own_is_not_counted() => TestThread.Run(() => Assert.False(PoolThread.BeginSleep()));

    [Fact]
    public void Requests_that_wait_for_one_fence_do_not_starve_the_pool() =>
        BlockAll(fence => Assert.Equal(FenceStatus.Signaled, fence.Wait(Limit.Time)));

    [Fact]
    public void Requests_that_wait_for_any_of_several_do_not_starve_the_pool() =>
        BlockAll(fence => Assert.Equal(FenceStatus.Signaled, Fence.WaitAny([fence, fence], Limit.Time).Status));

    [Fact]
    public void Requests_that_wait_for_all_of_several_do_not_starve_the_pool() =>
        BlockAll(fence => Assert.Equal(FenceStatus.Signaled, Fence.WaitAll([fence, fence], Limit.Time).Status));

    [Fact]
    public void Requests_that_wait_for_a_wait_set_do_not_starve_the_pool() => BlockAll(fence =>
    {
        using FenceWaitSet set = new(1);
        set.Set(0, fence);
        Assert.Equal(FenceStatus.Signaled, set.WaitAny(Limit.Time).Status);
    });

    [Fact]
    public void Requests_that_wait_for_an_array_do_not_starve_the_pool() => BlockAll(fence =>
    {
        using FenceArray array = new("all", 2);
        Assert.True(array.TryArmAll([fence, fence], out Fence all));
        Assert.Equal(FenceStatus.Signaled, all.Wait(Limit.Time));
    });

    [Fact]
    public void Requests_that_ask_an_awaiter_too_early_do_not_starve_the_pool() => BlockAll(fence => fence.GetAwaiter().GetResult());

    [Fact]
    public void Requests_that_wait_for_a_lock_do_not_starve_the_pool()
    {
        WoundWaitLock contended = new(new WoundWaitClass("requests"));
        Assert.True(contended.TryLock());
        using CountdownEvent over = new(Requests);
        for (int i = 0; i < Requests; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ =>
            {
                if (contended.Lock(Limit.Time))
                {
                    contended.Unlock();
                    over.Signal();
                }
            }, null);
        }

        ThreadPool.UnsafeQueueUserWorkItem(_ => contended.Unlock(), null); // behind all that wait for it
        Assert.True(over.Wait(s_limit));
    }

    [Fact]
    public void Requests_that_wait_for_sessions_do_not_starve_the_pool() => BlockAll(fence =>
    {
        using InvalidationNotifier notifier = new("memory");
        using InvalidationSubscription subscription = notifier.Subscribe(new AddressRange(0, 1), new Gives(fence), "device");
        Assert.True(notifier.TrySchedule(new AddressRange(0, 1), InvalidationReason.Unmap, out InvalidationSession session));
        using (session)
        {
            Assert.Equal(InvalidationOutcome.Completed, session.Wait(Limit.Time));
        }
    });

    [Fact]
    public void Requests_that_are_parked_at_a_gate_do_not_starve_the_pool()
    {
        using InvalidationNotifier notifier = new("memory");
        using ReaderGate gate = new(notifier, new AddressRange(0, 1), "gate");
        Assert.True(notifier.TrySchedule(new AddressRange(0, 1), InvalidationReason.Unmap, out InvalidationSession session));
        using CountdownEvent over = new(Requests);
        for (int i = 0; i < Requests; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ =>
            {
                if (gate.TryEnter(new AddressRange(0, 1), Limit.Time, out ReaderScope scope))
                {
                    scope.Dispose();
                    over.Signal();
                }
            }, null);
        }

        ThreadPool.UnsafeQueueUserWorkItem(_ => session.Dispose(), null);
        Assert.True(over.Wait(s_limit));
    }

    [Fact]
    public void Requests_that_wait_for_a_device_queue_do_not_keep_its_pump_from_the_pool()
    {
        DeviceQueue<int> queue = new("device", new Completes(), new DeviceQueueOptions { Capacity = Requests });
        using CountdownEvent over = new(Requests);
        for (int i = 0; i < Requests; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ =>
            {
                Assert.Equal(DeviceSubmitStatus.Submitted, queue.TrySubmit(0, out Fence fence));
                Assert.Equal(FenceStatus.Signaled, fence.Wait(Limit.Time));
                over.Signal();
            }, null);
        }

        Assert.True(over.Wait(s_limit), $"{over.CurrentCount} of {Requests} requests still wait: the pump found no thread.");
    }

    private sealed class Completes : DeviceDriver<int>
    {
        public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
        {
            foreach (DeviceCommand<int> command in batch)
            {
                command.Complete();
            }
        }
    }

    [Fact]
    public void Telling_the_pool_allocates_nothing()
    {
        long bytes = -1;
        Limit.On(Task.Run(() =>
        {
            for (int warm = 0; warm < 200; warm++)
            {
                SleepOnce();
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                SleepOnce();
            }

            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        }));
        Assert.Equal(0, bytes);
    }

    /// <summary>Until its millisecond is over: the thread sleeps.</summary>
    private void SleepOnce() => _never.Wait(TimeSpan.FromMilliseconds(1));

    private readonly Fence _never = new FenceTimeline("never").Issue();

    private void BlockAll(Action<Fence> wait)
    {
        using CountdownEvent over = new(Requests);
        for (int i = 0; i < Requests; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ =>
            {
                Assert.True(_fences.TryRent(out FenceSource source));
                ThreadPool.UnsafeQueueUserWorkItem(static rented => rented.TrySignal(), source, preferLocal: true);
                wait(source.Fence);
                over.Signal();
            }, null);
        }

        Assert.True(over.Wait(s_limit), $"{over.CurrentCount} of {Requests} requests still wait: the pool was not told of those that block.");
    }

    private sealed class Gives(Fence fence) : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence handedOut)
        {
            handedOut = fence;
            return true;
        }
    }
}
