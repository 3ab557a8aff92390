// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Interop;

/// <summary>Fences and what .NET waits for otherwise, both ways.</summary>
public sealed class FenceInteropTests : IDisposable
{
    private readonly FenceTimeline _timeline = new("device");
    private readonly FencePool _pool = new("bridge", 2);

    public void Dispose() => _pool.Dispose();

    [Fact]
    public void A_task_ends_with_its_fence_and_its_continuations_leave_the_signaler_alone()
    {
        Fence fence = _timeline.Issue();
        Task task = fence.AsTask();
        int thread = 0;
        Task after = task.ContinueWith(
            _ => thread = Environment.CurrentManagedThreadId, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        Assert.False(task.IsCompleted);
        int signaler = 0;
        TestThread.Run(() =>
        {
            signaler = Environment.CurrentManagedThreadId;
            _timeline.Signal(fence);
        });
        Limit.On(after);
        Assert.NotEqual(signaler, thread);
        Assert.Same(Task.CompletedTask, fence.AsTask());
    }

    [Fact]
    public void A_fault_becomes_the_exception_of_the_task()
    {
        InvalidOperationException error = new();
        Fence fence = _timeline.Issue();
        Task before = fence.AsTask();
        _timeline.Signal(fence, error);
        Assert.Same(error, Assert.Throws<InvalidOperationException>(() => Limit.On(before)));
        Assert.Same(error, Assert.Throws<InvalidOperationException>(() => Limit.On(AwaitAsync())));
        Assert.Same(error, fence.AsTask().Exception!.InnerException);
        Limit.On(AwaitCompleteAsync());

        async Task AwaitAsync() => await fence.AsValueTask();

        async Task AwaitCompleteAsync() => await default(Fence).AsValueTask();
    }

    [Fact]
    public void An_outcome_that_is_no_longer_known_is_no_success_of_a_task()
    {
        FenceTimeline timeline = new("short memory", new FenceTimelineOptions { RetainedFaults = 1 });
        Fence early = timeline.Issue();
        Task before = early.AsTask();
        timeline.Signal(early, new IOException("early"));
        timeline.Signal(timeline.Issue());
        timeline.Signal(timeline.Issue(), new IOException("late"));
        Assert.Equal(FenceStatus.Retired, early.Status);
        Assert.Throws<IOException>(() => Limit.On(before));
        Assert.Throws<FenceRetiredException>(() => Limit.On(early.AsTask()));
        Assert.Throws<FenceRetiredException>(() => Limit.On(early.AsValueTask().AsTask()));
    }

    [Fact]
    public void A_wait_handle_is_set_by_its_fence_and_leaves_nothing_behind_when_it_is_disposed()
    {
        Fence fence = _timeline.Issue();
        using WaitHandle handle = fence.AsWaitHandle();
        Fence other = _timeline.Issue();
        other.AsWaitHandle().Dispose();
        Assert.False(handle.WaitOne(0));
        _timeline.Signal(fence);
        Assert.True(handle.WaitOne(0));
        Assert.False(_timeline.IsWaitedFor());
        using WaitHandle late = fence.AsWaitHandle();
        Assert.True(late.WaitOne(0));
    }

    [Fact]
    public void A_token_is_canceled_by_its_fence_on_the_thread_pool()
    {
        Fence fence = _timeline.Issue();
        CancellationToken token = fence.AsCancellationToken(out IDisposable registration);
        TaskCompletionSource<bool> canceled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(() => canceled.SetResult(Thread.CurrentThread.IsThreadPoolThread));
        Assert.False(token.IsCancellationRequested);
        TestThread.Run(() => _timeline.Signal(fence));
        Assert.True(Limit.On(canceled.Task));
        registration.Dispose();
        Assert.True(fence.AsCancellationToken(out _).IsCancellationRequested);
    }

    [Fact]
    public void A_token_that_is_not_needed_any_more_leaves_nothing_behind()
    {
        CancellationToken token = _timeline.Issue().AsCancellationToken(out IDisposable registration);
        Assert.True(_timeline.IsWaitedFor());
        registration.Dispose();
        Assert.False(_timeline.IsWaitedFor());
        _timeline.Signal(1);
        Assert.False(token.IsCancellationRequested);
    }

    [Fact]
    public void A_task_signals_a_fence_with_its_outcome()
    {
        TaskCompletionSource good = new();
        TaskCompletionSource bad = new();
        Fence first = good.Task.SignalWhenCompleted(Rent());
        Fence second = new ValueTask(bad.Task).SignalWhenCompleted(Rent());
        Assert.False(first.IsSignaled || second.IsSignaled);
        good.SetResult();
        InvalidOperationException error = new();
        bad.SetException(error);
        Assert.Equal(FenceStatus.Signaled, first.Wait(Limit.Time));
        Assert.Equal(FenceStatus.Faulted, second.Wait(Limit.Time));
        Assert.Same(error, second.Error);
        Assert.True(Task.CompletedTask.SignalWhenCompleted(Rent()).IsSignaled);
        Assert.IsType<TaskCanceledException>(Task.FromCanceled(new CancellationToken(true)).SignalWhenCompleted(Rent()).Error);
    }

    [Fact]
    public void A_token_and_a_wait_handle_signal_a_fence()
    {
        using CancellationTokenSource cancellation = new();
        using ManualResetEvent handle = new(false);
        FenceSource first = Rent();
        FenceSource second = Rent();
        using CancellationTokenRegistration token = cancellation.Token.SignalWhenCanceled(first);
        using IDisposable registration = handle.SignalWhenSet(second);
        Assert.False(first.Fence.IsSignaled || second.Fence.IsSignaled);
        cancellation.Cancel();
        handle.Set();
        Assert.Equal(FenceStatus.Signaled, first.Fence.Wait(Limit.Time));
        Assert.Equal(FenceStatus.Signaled, second.Fence.Wait(Limit.Time));
    }

    private FenceSource Rent()
    {
        FenceSource source = default;
        Limit.Until(() => _pool.TryRent(out source), "A free slot"); // the signaler gives it back after the waiters have their outcome
        return source;
    }
}
