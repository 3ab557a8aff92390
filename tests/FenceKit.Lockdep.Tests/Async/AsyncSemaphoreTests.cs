// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Async;

/// <summary>Semaphores, reader/writer locks and locks of other libraries, awaited.</summary>
public sealed class AsyncSemaphoreTests
{
    private readonly AsyncBench _bench = new();

    [Fact]
    public async Task Permits_in_opposite_orders_are_a_circle()
    {
        using TrackedSemaphore a = Make("A");
        using TrackedSemaphore b = Make("B");
        foreach ((TrackedSemaphore first, TrackedSemaphore second) in ((TrackedSemaphore, TrackedSemaphore)[])[(a, b), (b, a)])
        {
            await first.WaitAsync();
            await AsyncBench.HopAsync();
            await second.WaitAsync();
            second.Release();
            await AsyncBench.HopAsync();
            first.Release();
        }

        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
    }

    [Fact]
    public async Task A_ring_through_a_semaphore_of_two_hangs_with_three_flows()
    {
        using TrackedSemaphore two = Make("S", 2);
        await two.WaitAsync();
        using (await _bench["A"].LockAsync())
        {
        }

        two.Release();
        using (await _bench["A"].LockAsync())
        {
            await two.WaitAsync();
            two.Release();
        }

        LockViolation report = _bench.Single(LockViolationKind.CircularDependency);
        Assert.Equal(LockConfidence.Certain, report.Confidence);
        Assert.Equal(3, report.Interleaving.DistinctBy(static step => step.Thread).Count());
    }

    [Fact]
    public async Task Every_form_of_the_wait_takes_a_permit_that_is_held()
    {
        using TrackedSemaphore one = Make("S", 5);
        Assert.True(await one.WaitAsync());
        Assert.True(await one.WaitAsync(CancellationToken.None));
        Assert.True(await one.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.True(await one.WaitAsync(60_000));
        Assert.True(await one.WaitAsync(0));
        Assert.False(await one.WaitAsync(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => one.WaitAsync(-2));
        Assert.Throws<ArgumentOutOfRangeException>(() => one.WaitAsync(TimeSpan.FromMilliseconds(-2)));
        Assert.Equal(5, _bench.Validator.GetHeldLocks().Count);
        one.Release(5);
        Assert.Empty(_bench.Validator.GetHeldLocks());
        Assert.Throws<SemaphoreFullException>(() => one.Release());
        Assert.Throws<ArgumentOutOfRangeException>(() => one.Release(0));
    }

    [Fact]
    public async Task A_permit_is_given_back_by_whoever()
    {
        using TrackedSemaphore one = Make("S");
        for (int i = 0; i < 3; i++)
        {
            await one.WaitAsync();
            await AsyncBench.HopAsync();
            await Task.Run(() => one.Release());
            using (await _bench["A"].LockAsync())
            {
            }
        }

        Assert.Empty(_bench.Edges);
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public async Task A_permit_of_the_thread_that_is_held_over_an_await_is_named_with_the_place_of_the_await()
    {
        await AsyncBench.HopAsync();
        using TrackedSemaphore one = Make("S");
        one.Wait();
        using (await _bench["A"].LockAsync())
        {
        }

        LockViolation report = _bench.Single(LockViolationKind.HeldOverAwait);
        Assert.Equal(LockConfidence.Certain, report.Confidence);
        Assert.Contains("over the await at AsyncSemaphoreTests.cs:", report.Message, StringComparison.Ordinal);
        Thread taker = Thread.CurrentThread;
        await AsyncBench.HopAsync();
        Assert.NotSame(taker, Thread.CurrentThread);
        one.Release();
        LockViolation release = Assert.Single(_bench.Reports, static violation => violation.Kind == LockViolationKind.NotHeld);
        Assert.Contains("and then awaited at AsyncSemaphoreTests.cs:", release.Message, StringComparison.Ordinal);
        GC.KeepAlive(taker);
    }

    [Fact]
    public async Task A_lock_of_the_thread_that_is_held_over_an_await_that_throws_gives_the_awaited_one_back()
    {
        var bench = new AsyncBench(LockViolationSink.Throwing);
        var inner = new TrackedLock(bench.Class("L"), "L", bench.Validator);
        await Assert.ThrowsAsync<LockViolationException>(AwaitUnderLockAsync);
        Assert.False(bench["A"].IsTaken);

        async Task AwaitUnderLockAsync()
        {
            inner.Enter();
            try
            {
#pragma warning disable FK0008 // that is what the test is about
                await bench["A"].LockAsync();
#pragma warning restore FK0008
            }
            finally
            {
                inner.Exit();
            }
        }
    }

    [Fact]
    public async Task A_lock_of_the_thread_that_the_caller_holds_is_none_of_the_method_that_awaits()
    {
        var gate = new TrackedLock(_bench.Class("gate"), "gate", _bench.Validator);
        Task? load = null;
        for (int i = 0; i < 2; i++)
        {
            using (gate.EnterScope())
            {
                load ??= LoadAsync(); // nobody awaits under the lock
            }
        }

        await load!;
        Assert.Empty(_bench.Reports);
        Assert.Equal(["gate -> A"], _bench.Edges);

        async Task LoadAsync()
        {
            using (await _bench["A"].LockAsync())
            {
                await AsyncBench.HopAsync();
            }
        }
    }

    [Fact]
    public void Being_in_an_exclusive_context_is_no_lock_that_an_await_would_lose()
    {
        using (_bench.Validator.EnterExclusive(new ExclusiveContext("UI")))
        {
            Assert.True(_bench["A"].LockAsync().IsCompleted);
        }

        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public async Task Readers_and_writers_that_are_awaited_are_told_apart()
    {
        using var shared = new TrackedAsyncReaderWriterLock(_bench.Class("R"), "R", _bench.Validator);
        using (await shared.ReadLockAsync())
        using (await _bench["A"].LockAsync())
        {
        }

        using (await _bench["A"].LockAsync())
        using (await shared.ReadLockAsync())
        {
        }

        Assert.All(_bench.Reports, static report => Assert.Equal(LockConfidence.Possible, report.Confidence)); // behind a writer, and none was seen
        using (await shared.WriteLockAsync())
        {
        }

        using (await _bench["A"].LockAsync())
        using (await shared.WriteLockAsync())
        {
        }

        Assert.Contains(_bench.Reports, static report => report.Confidence == LockConfidence.Certain);
    }

    [Fact]
    public async Task A_writer_waits_for_all_readers_and_readers_for_the_writer_before_them()
    {
        using var shared = new TrackedAsyncReaderWriterLock(_bench.Class("R"), "R", _bench.Validator);
        LockHold first = await shared.ReadLockAsync();
        LockHold second = await TakeAsync(shared.ReadLockAsync());
        Task<LockHold> writer = TakeAsync(shared.WriteLockAsync());
        Task<LockHold> third = TakeAsync(shared.ReadLockAsync());
        using var cancellation = new CancellationTokenSource();
        Task<LockHold> canceled = TakeAsync(shared.WriteLockAsync(cancellation.Token));
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => canceled);
        first.Dispose();
        Assert.False(writer.IsCompleted);
        second.Dispose();
        LockHold written = await writer;
        Assert.False(third.IsCompleted);
        written.Dispose();
        (await third).Dispose();
        (await shared.WriteLockAsync()).Dispose();

        static async Task<LockHold> TakeAsync(LockAwaitable<LockHold> wait) => await wait;
    }

    [Fact]
    public async Task A_lock_of_another_library_takes_part_in_three_lines()
    {
        using var theirs = new TheirLock();
        var tracking = new AsyncLockAdapter(_bench.Class("theirs"), "theirs", validator: _bench.Validator);
        using (await tracking.Await(theirs.LockAsync()))
        using (await _bench["A"].LockAsync())
        {
        }

        using (await _bench["A"].LockAsync())
        using (await tracking.Await(new ValueTask<TheirLock.Scope>(theirs.LockAsync())))
        {
        }

        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
        Assert.True(theirs.IsFree);
    }

    [Fact]
    public async Task A_refused_lock_of_another_library_is_given_back()
    {
        var bench = new AsyncBench(LockViolationSink.Throwing);
        using var theirs = new TheirLock();
        var tracking = new AsyncLockAdapter(bench.Class("theirs"), "theirs", validator: bench.Validator);
        using (await tracking.Await(theirs.LockAsync()))
        using (await bench["A"].LockAsync())
        {
        }

        using (await bench["A"].LockAsync())
        {
            Assert.Throws<LockViolationException>(() => tracking.Await(theirs.LockAsync()));
        }

        SpinWait.SpinUntil(() => theirs.IsFree);
    }

    private TrackedSemaphore Make(string name, int capacity = 1) => new(_bench.Class(name), capacity, name, _bench.Validator);

    private sealed class TheirLock : IDisposable
    {
        private readonly SemaphoreSlim _semaphore = new(1, 1);

        public bool IsFree => _semaphore.CurrentCount == 1;

        public async Task<Scope> LockAsync()
        {
            await _semaphore.WaitAsync();
            return new Scope(_semaphore);
        }

        public void Dispose() => _semaphore.Dispose();

        internal sealed class Scope(SemaphoreSlim semaphore) : IDisposable
        {
            public void Dispose() => semaphore.Release();
        }
    }
}
