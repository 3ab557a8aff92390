// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Tests.Fences;

/// <summary>Awaiting a fence: the value, the fault, and where the code after it runs.</summary>
public class AwaitTests
{
    private readonly FenceTimeline _timeline = new("device");

    [Fact]
    public async Task Awaiting_a_complete_fence_gives_its_outcome_without_a_hop()
    {
        int thread = Environment.CurrentManagedThreadId;
        Fence fence = _timeline.Issue();
        _timeline.Signal(fence);

        Assert.Equal(FenceStatus.Signaled, await fence);
        Assert.Equal(FenceStatus.Signaled, await default(Fence));
        Assert.Equal(FenceStatus.Signaled, await fence.ConfigureAwait(FenceContinuation.ThreadPool));
        Assert.Equal(thread, Environment.CurrentManagedThreadId);
    }

    [Fact]
    public void Awaiting_inline_continues_on_the_signaler_inside_its_call()
    {
        Fence fence = _timeline.Issue();
        Task<int> continued = ThreadAfterAsync(fence, FenceContinuation.Inline);

        TestThread signaler = TestThread.Start(() =>
        {
            _timeline.Signal(fence);
            Assert.True(continued.IsCompleted);
        });
        signaler.Join();

        Assert.Equal(signaler.Id, Limit.On(continued));
    }

    [Theory]
    [InlineData(FenceContinuation.CapturedContext)]
    [InlineData(FenceContinuation.ThreadPool)]
    public void Without_a_context_the_continuation_runs_on_the_thread_pool_and_never_on_the_signaler(FenceContinuation place)
    {
        Fence fence = _timeline.Issue();
        Task<(bool IsPool, int Thread)> continued = null!;
        TestThread.Run(() => continued = ContinueAsync());

        TestThread signaler = TestThread.Start(() => _timeline.Signal(fence));
        signaler.Join();

        (bool IsPool, int Thread) seen = Limit.On(continued);
        Assert.True(seen.IsPool);
        Assert.NotEqual(signaler.Id, seen.Thread);

        async Task<(bool IsPool, int Thread)> ContinueAsync()
        {
            await fence.ConfigureAwait(place);
            return (Thread.CurrentThread.IsThreadPoolThread, Environment.CurrentManagedThreadId);
        }
    }

    [Fact]
    public void The_continuation_is_posted_to_the_captured_context()
    {
        QueueContext context = new();
        Fence fence = _timeline.Issue();
        Task<int> continued = null!;
        context.Enter(() => continued = ThreadAfterAsync(fence, FenceContinuation.CapturedContext));

        TestThread.Run(() => _timeline.Signal(fence));

        Assert.Equal(1, context.Posted);
        Assert.False(continued.IsCompleted);
        context.RunAll();
        Assert.Equal(Environment.CurrentManagedThreadId, Limit.On(continued));
    }

    [Theory]
    [InlineData(FenceContinuation.ThreadPool)]
    [InlineData(FenceContinuation.Inline)]
    public void Only_the_default_captures_the_context(FenceContinuation place)
    {
        QueueContext context = new();
        Fence fence = _timeline.Issue();
        Task<int> continued = null!;
        context.Enter(() => continued = ThreadAfterAsync(fence, place));

        _timeline.Signal(fence);

        Limit.On(continued);
        Assert.Equal(0, context.Posted);
    }

    [Fact]
    public void The_continuation_is_queued_to_the_captured_scheduler()
    {
        ConcurrentExclusiveSchedulerPair schedulers = new();
        TaskScheduler scheduler = schedulers.ExclusiveScheduler;
        Fence fence = _timeline.Issue();
        using ManualResetEventSlim awaiting = new();
        Task<TaskScheduler> continued = Task.Factory.StartNew(
            async () =>
            {
                FenceAwaitable awaiter = fence.GetAwaiter();
                Assert.False(awaiter.IsCompleted);
                awaiting.Set();
                await fence;
                return TaskScheduler.Current;
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            scheduler).Unwrap();
        Limit.On(awaiting);
        Limit.Until(_timeline.IsWaitedFor, "Attaching to the fence");

        TestThread.Run(() => _timeline.Signal(fence));

        Assert.Same(scheduler, Limit.On(continued));
    }

    [Fact]
    public void Many_awaiters_of_one_fence_all_continue()
    {
        const int Count = 500;
        Fence fence = _timeline.Issue();
        Task<int>[] inline = [.. Enumerable.Range(0, Count).Select(_ => ThreadAfterAsync(fence, FenceContinuation.Inline))];
        Task<int>[] pooled = [.. Enumerable.Range(0, Count).Select(_ => ThreadAfterAsync(fence, FenceContinuation.ThreadPool))];

        _timeline.Signal(fence);

        Assert.All(inline, task => Assert.Equal(Environment.CurrentManagedThreadId, Limit.On(task)));
        Limit.On(Task.WhenAll(pooled));
        TimelineProbe.AssertQuiet(_timeline);
    }

    [Fact]
    public void A_continuation_that_blocks_does_not_hold_up_those_behind_it()
    {
        Fence fence = _timeline.Issue();
        using ManualResetEventSlim release = new();
        Task blocking = BlockAsync();
        Task<int>[] behind = [.. Enumerable.Range(0, 20).Select(_ => ThreadAfterAsync(fence, FenceContinuation.ThreadPool))];

        _timeline.Signal(fence);

        Limit.On(Task.WhenAll(behind));
        Assert.False(blocking.IsCompleted);
        release.Set();
        Limit.On(blocking);

        async Task BlockAsync()
        {
            await fence.ConfigureAwait(FenceContinuation.ThreadPool);
            Limit.On(release);
        }
    }

    [Theory]
    [InlineData(FenceContinuation.CapturedContext)]
    [InlineData(FenceContinuation.ThreadPool)]
    [InlineData(FenceContinuation.Inline)]
    public async Task A_fault_is_thrown_by_the_await_before_and_after_the_signal(FenceContinuation place)
    {
        Fence fence = _timeline.Issue();
        InvalidOperationException error = new("I/O");
        Task<int> waiting = ThreadAfterAsync(fence, place);

        _timeline.Signal(fence, error);

        Assert.Same(error, await Assert.ThrowsAsync<InvalidOperationException>(() => Limit.OnAsync(waiting)));
        Assert.Same(error, await Assert.ThrowsAsync<InvalidOperationException>(() => ThreadAfterAsync(fence, place)));
    }

    [Fact]
    public async Task An_await_that_was_registered_gets_the_fault_that_the_timeline_has_already_forgotten()
    {
        using FenceTimeline timeline = new("forgetful", new FenceTimelineOptions { RetainedFaults = 1 });
        QueueContext context = new();
        Fence first = timeline.Issue();
        Fence second = timeline.Issue();
        Task<int> waiting = null!;
        context.Enter(() => waiting = ThreadAfterAsync(first, FenceContinuation.CapturedContext));
        InvalidOperationException error = new("first");

        timeline.Signal(first, error);
        timeline.Signal(second, new InvalidOperationException("second"));
        Assert.Equal(FenceStatus.Retired, first.Status);
        context.RunAll();

        Assert.Same(error, await Assert.ThrowsAsync<InvalidOperationException>(() => Limit.OnAsync(waiting)));
        FenceRetiredException late = await Assert.ThrowsAsync<FenceRetiredException>(async () => await first); // it may have failed, and it did
        Assert.Equal(("forgetful", 1UL), (late.TimelineName, late.Point));
    }

    [Fact]
    public void A_fault_that_was_told_is_not_kept_alive_by_what_told_it()
    {
        WeakReference[] told = TellAndLeave();

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.All(told, thing => Assert.False(thing.IsAlive));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] TellAndLeave()
    {
        FenceTimeline timeline = new("dropped");
        InvalidOperationException error = new("I/O");
        Fence fence = timeline.Issue();
        Task<int>[] waits = [.. Enumerable.Range(0, 3).Select(_ => ThreadAfterAsync(fence, FenceContinuation.Inline))];

        timeline.Signal(fence, error);

        Assert.All(waits, wait => Assert.Same(error, wait.Exception!.InnerException));
        return [new WeakReference(timeline), new WeakReference(error)];
    }

    private static async Task<int> ThreadAfterAsync(Fence fence, FenceContinuation place)
    {
        await fence.ConfigureAwait(place);
        return Environment.CurrentManagedThreadId;
    }
}
