// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Tests.Async;

namespace FenceKit.Lockdep.Tests.Matrix;

/// <summary>The rows that the kernel's self-test does not have, because its code has no tasks: one test a row, by the row's name.</summary>
public sealed class BeyondTheKernelTests
{
    private readonly AsyncBench _bench = new();

    private LockValidator Validator => _bench.Validator;

    [Fact]
    public async Task ABBA_with_a_change_of_threads_at_each_await()
    {
        await BothAsync("A", "B");
        await BothAsync("B", "A");
        Certain(LockViolationKind.CircularDependency);
    }

    [Fact]
    public async Task Lock_acquired_in_callee_and_released_in_caller()
    {
        await BothAsync("B", "A");
        using (LockHold hold = (await TakeAsync()).Adopt())
        {
            await NestAsync("B");
        }

        Certain(LockViolationKind.CircularDependency);

        async Task<LockHold> TakeAsync()
        {
            await AsyncBench.HopAsync();
            return await _bench["A"].LockAsync();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_child_takes_B_under_its_parents_A_awaited_or_forgotten(bool isAwaited)
    {
        await BothAsync("B", "A");
        Task child;
        using (await _bench["A"].LockAsync())
        {
            child = TrackedTask.Run(() => NestAsync("B"), Validator);
            if (isAwaited)
            {
                await TrackedTask.Join(child, Validator);
            }
        }

        await child;
        if (isAwaited)
        {
            Certain(LockViolationKind.CircularDependency);
        }
        else
        {
            Assert.Empty(_bench.Reports);
        }
    }

    [Fact]
    public async Task WhenAll_of_two_children_in_opposite_order()
    {
        Task first = TrackedTask.Run(() => BothAsync("A", "B"), Validator);
        await first;
        Task second = TrackedTask.Run(() => BothAsync("B", "A"), Validator);
        await TrackedTask.WhenAll([first, second], Validator);
        Certain(LockViolationKind.CircularDependency);
    }

    [Fact]
    public async Task Cancellation_during_WaitAsync_leaves_no_stale_node()
    {
        using (await _bench["A"].LockAsync())
        {
            using CancellationTokenSource cancellation = new();
            LockAwaitable<LockHold> wait = default;
            await TrackedTask.Run(async () => await Assert.ThrowsAnyAsync<OperationCanceledException>(WaitAsync), new LockValidator());

            async Task WaitAsync()
            {
                wait = _bench["B"].LockAsync(cancellation.Token);
                await cancellation.CancelAsync();
                using CancellationTokenSource canceled = new();
                await canceled.CancelAsync();
                await _bench["C"].LockAsync(canceled.Token);
            }

            (await wait).Dispose();
        }

        Assert.Empty(Validator.GetHeldLocks());
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void Sync_over_async_under_a_lock_whose_task_needs_the_lock()
    {
        TrackedLock table = Lock("table");
        Task work = TrackedTask.Run(
            async () =>
            {
                await AsyncBench.HopAsync();
                Take(table);
            },
            Validator);
        TrackedTask.Wait(work, Validator);
        using (table.EnterScope())
        {
            TrackedTask.Wait(work, Validator);
        }

        Certain(LockViolationKind.Recursion);
    }

    [Theory]
    [InlineData(TaskCreationOptions.None, true)]
    [InlineData(TaskCreationOptions.RunContinuationsAsynchronously, false)]
    public async Task SetResult_under_a_lock_with_a_continuation_that_takes_the_inverse_order(TaskCreationOptions options, bool isInline)
    {
        await AsyncBench.HopAsync(); // away from the context of the test host
        TrackedLock a = Lock("A");
        TrackedLock b = Lock("B");
        using (b.EnterScope())
        {
            Take(a);
        }

        TaskCompletionSource source = new(options);
        Task continuation = ContinueAsync();
        using (a.EnterScope())
        {
            source.SetResult();
        }

        await continuation;
        if (isInline)
        {
            Certain(LockViolationKind.CircularDependency);
        }
        else
        {
            Assert.Empty(_bench.Reports);
        }

        async Task ContinueAsync()
        {
            await source.Task.ConfigureAwait(false);
            Take(b);
        }
    }

    [Fact]
    public void Registration_disposed_under_a_lock_that_the_callback_takes()
    {
        TrackedLock table = Lock("table");
        TrackedWork callback = new(_bench.Class("callback"), null, Validator);
        using CancellationTokenSource source = new();
        CancellationTokenRegistration registration = callback.Register(() => Take(table), source.Token);
        source.Cancel();
        using (table.EnterScope())
        {
            callback.Dispose(registration);
        }

        Certain(LockViolationKind.CircularDependency);
    }

    [Fact]
    public void Monitor_Wait_holding_an_outer_lock()
    {
        TrackedLock outer = Lock("outer");
        object target = new();
        LockClass queue = _bench.Class("queue");
        using (outer.EnterScope())
        using (TrackedMonitor.EnterScope(target, queue, null, Validator))
        {
            TrackedMonitor.Pulse(target, queue, null, Validator);
            Assert.False(TrackedMonitor.Wait(target, queue, TimeSpan.FromMilliseconds(1), null, Validator));
        }

        Assert.Equal(LockViolationKind.CircularDependency, Assert.Single(_bench.Reports).Kind);
    }

    [Theory]
    [InlineData(LockAcquireMode.Shared, LockAcquireMode.Shared, true)]
    [InlineData(LockAcquireMode.Shared, LockAcquireMode.Upgradeable, true)]
    [InlineData(LockAcquireMode.Shared, LockAcquireMode.Exclusive, true)]
    [InlineData(LockAcquireMode.Upgradeable, LockAcquireMode.Shared, false)]
    [InlineData(LockAcquireMode.Upgradeable, LockAcquireMode.Upgradeable, true)]
    [InlineData(LockAcquireMode.Upgradeable, LockAcquireMode.Exclusive, false)]
    [InlineData(LockAcquireMode.Exclusive, LockAcquireMode.Shared, true)]
    [InlineData(LockAcquireMode.Exclusive, LockAcquireMode.Upgradeable, true)]
    [InlineData(LockAcquireMode.Exclusive, LockAcquireMode.Exclusive, true)]
    public void Modes_of_a_reader_writer_lock_for_one_instance_and_for_two(LockAcquireMode held, LockAcquireMode wanted, bool isWrongForOne)
    {
        LockMap one = new(_bench.Class("RW"), "1");
        LockMap two = new(_bench.Class("RW"), "2");
        Nest(one, held, one, wanted);
        Assert.Equal(isWrongForOne ? 1 : 0, _bench.Reports.Count);
        AsyncBench other = new();
        other.Validator.Acquire(one, new LockAcquireOptions { Mode = held });
        other.Validator.Acquire(two, new LockAcquireOptions { Mode = wanted });
        other.Validator.Release(two);
        other.Validator.Release(one);
        Assert.Equal(LockViolationKind.Recursion, Assert.Single(other.Reports).Kind); // nothing says in which order two may be taken
    }

    [Fact]
    public async Task Semaphore_of_two_in_a_ring()
    {
        using TrackedSemaphore two = new(_bench.Class("S"), 2, "S", Validator);
        await two.WaitAsync();
        await NestAsync("A");
        two.Release();
        using (await _bench["A"].LockAsync())
        {
            await two.WaitAsync();
            two.Release();
        }

        Assert.Equal(LockViolationKind.CircularDependency, Assert.Single(_bench.Reports).Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Fence_awaited_holding_what_is_taken_on_the_way_to_it(bool isTaken)
    {
        TrackedLock a = Lock("A");
        TrackedWork fence = new(_bench.Class("fence"), null, Validator);
        using (fence.Enter())
        {
            if (isTaken)
            {
                Take(a);
            }
            else
            {
                Assert.True(a.TryEnter()); // a try waits for nobody
                a.Exit();
            }
        }

        using (a.EnterScope())
        {
            fence.Wait();
        }

        Assert.Equal(isTaken ? 1 : 0, _bench.Reports.Count);
    }

    [Fact]
    public void Sections_begun_twice_end_twice_and_one_that_never_began_is_told()
    {
        TrackedWork fence = new(_bench.Class("fence"), null, Validator);
        using (fence.Enter())
        using (fence.Enter())
        {
        }

        Assert.Empty(_bench.Reports);
        Validator.Release(fence.Map!);
        Assert.Equal(LockViolationKind.NotHeld, Assert.Single(_bench.Reports).Kind);
    }

    [Fact]
    public async Task Signaling_section_that_changes_threads()
    {
        TrackedLock a = Lock("A");
        TrackedWork fence = new(_bench.Class("fence"), null, Validator);
        await fence.Wrap(async () =>
        {
            await AsyncBench.HopAsync();
            Take(a);
            await AsyncBench.HopAsync();
        })();
        using (a.EnterScope())
        {
            fence.Wait();
        }

        Certain(LockViolationKind.CircularDependency);
    }

    [Fact]
    public void A_finalizer_that_takes_a_lock_held_over_the_wait_for_finalizers()
    {
        TrackedLock a = Lock("A");
        ExclusiveContext finalizers = new("finalizers");
        Finalized.Make(() =>
        {
            using (Validator.EnterExclusive(finalizers))
            {
                Take(a);
            }
        });
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using (a.EnterScope())
        {
            Validator.NeedExclusive(finalizers); // and then GC.WaitForPendingFinalizers()
        }

        Certain(LockViolationKind.CircularDependency);
    }

    [Fact]
    public void A_report_while_the_logger_takes_a_tracked_lock()
    {
        TrackedLock? log = null;
        int told = 0;
        LockValidator validator = new(new LockValidatorOptions
        {
            Sinks =
            [
                LockViolationSink.ToCallback(_ =>
                {
                    using (log!.EnterScope())
                    using (log.EnterScope())
                    {
                        told++;
                    }
                }),
            ],
        });
        log = new TrackedLock(_bench.Class("log"), "log", validator);
        validator.Release(new LockMap(_bench.Class("A")));
        Assert.Equal(1, told);
        validator.AssertNoneHeld();
        Assert.Equal(1, told);
    }

    private TrackedLock Lock(string name) => new(_bench.Class(name), name, Validator);

    private void Certain(LockViolationKind kind) => Assert.Equal(LockConfidence.Certain, _bench.Single(kind).Confidence);

    private void Nest(LockMap outer, LockAcquireMode held, LockMap inner, LockAcquireMode wanted)
    {
        Validator.Acquire(outer, new LockAcquireOptions { Mode = held });
        Validator.Acquire(inner, new LockAcquireOptions { Mode = wanted });
        Validator.Release(inner);
        Validator.Release(outer);
    }

    private static void Take(TrackedLock one)
    {
        using (one.EnterScope())
        {
        }
    }

    private async Task BothAsync(string first, string second)
    {
        using (await _bench[first].LockAsync())
        {
            await AsyncBench.HopAsync();
            await NestAsync(second);
        }
    }

    private async Task NestAsync(string name)
    {
        using (await _bench[name].LockAsync())
        {
            await AsyncBench.HopAsync();
        }
    }

    private sealed class Finalized(Action action)
    {
        ~Finalized() => action();

        [MethodImpl(MethodImplOptions.NoInlining)]
        public static void Make(Action action) => _ = new Finalized(action);
    }
}
