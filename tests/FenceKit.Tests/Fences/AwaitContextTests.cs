// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Contexts that flow, contexts that refuse, and stacks that end. Alone, because a refusal raises a process-wide event.</summary>
[Collection(AloneCollection.Name)]
public class AwaitContextTests
{
    private static readonly AsyncLocal<string?> s_flowing = new();

    private readonly FenceTimeline _timeline = new("device");

    [Theory]
    [InlineData(FenceContinuation.Inline)]
    [InlineData(FenceContinuation.ThreadPool)]
    public void OnCompleted_carries_the_callers_async_locals_and_UnsafeOnCompleted_does_not(FenceContinuation place)
    {
        Fence fence = _timeline.Issue();
        TaskCompletionSource<string?> safe = new();
        TaskCompletionSource<string?> @unsafe = new();
        TestThread.Run(() =>
        {
            s_flowing.Value = "caller";
            fence.ConfigureAwait(place).GetAwaiter().OnCompleted(() => safe.SetResult(s_flowing.Value));
            fence.ConfigureAwait(place).GetAwaiter().UnsafeOnCompleted(() => @unsafe.SetResult(s_flowing.Value));
        });

        TestThread.Run(() => _timeline.Signal(fence));

        Assert.Equal("caller", Limit.On(safe.Task));
        Assert.Null(Limit.On(@unsafe.Task));
    }

    [Fact]
    public void An_async_method_keeps_its_async_locals_and_the_signaler_keeps_its_own()
    {
        Fence fence = _timeline.Issue();
        Task<string?> waiter = null!;
        TestThread.Run(() => waiter = WaiterAsync());

        TestThread.Run(() =>
        {
            s_flowing.Value = "signaler";
            _timeline.Signal(fence);
            Assert.Equal("signaler", s_flowing.Value);
        });

        Assert.Equal("waiter", Limit.On(waiter));

        async Task<string?> WaiterAsync()
        {
            s_flowing.Value = "waiter";
            await fence.ConfigureAwait(FenceContinuation.Inline);
            return s_flowing.Value;
        }
    }

    [Fact]
    public void OnCompleted_works_where_the_flow_is_suppressed()
    {
        Fence fence = _timeline.Issue();
        bool ran = false;
        TestThread.Run(() =>
        {
            using (ExecutionContext.SuppressFlow())
            {
                fence.ConfigureAwait(FenceContinuation.Inline).GetAwaiter().OnCompleted(() => ran = true);
            }
        });

        _timeline.Signal(fence);
        Assert.True(ran);
    }

    [Fact]
    public void A_context_that_refuses_the_continuation_is_reported_and_the_waiter_goes_on_on_the_thread_pool()
    {
        List<FenceCallbackFaultedEventArgs> reports = [];
        FenceTimeline.CallbackFaulted += Record;
        try
        {
            Fence fence = _timeline.Issue();
            RecordingCallback behind = new();
            Task<bool> waiter = null!;
            TestThread.Run(() =>
            {
                SynchronizationContext.SetSynchronizationContext(new RefusingContext());
                waiter = WaiterAsync(fence);
            });
            fence.TryAddCallback(behind);

            Assert.True(_timeline.Signal(fence));

            Assert.True(Limit.On(waiter));
            Assert.Equal(1, behind.Calls);
            Assert.IsType<NotSupportedException>(Assert.Single(reports).Exception);
        }
        finally
        {
            FenceTimeline.CallbackFaulted -= Record;
        }

        void Record(object? sender, FenceCallbackFaultedEventArgs report) => reports.Add(report);

        static async Task<bool> WaiterAsync(Fence fence)
        {
            await fence;
            return Thread.CurrentThread.IsThreadPoolThread;
        }
    }

    [Fact]
    public void An_inline_continuation_that_throws_is_reported_like_a_callback()
    {
        long before = FenceTimeline.CallbackFaults;
        Fence fence = _timeline.Issue();
        RecordingCallback behind = new();
        fence.ConfigureAwait(FenceContinuation.Inline).GetAwaiter().UnsafeOnCompleted(() => throw new NotSupportedException());
        fence.TryAddCallback(behind);

        Assert.True(_timeline.Signal(fence));

        Assert.Equal(1, behind.Calls);
        Assert.Equal(1, FenceTimeline.CallbackFaults - before);
    }

    [Fact]
    public void A_chain_of_100000_inline_continuations_does_not_overflow_the_stack()
    {
        const int Length = 100_000;
        FenceTimeline[] chain = [.. Enumerable.Range(0, Length).Select(_ => new FenceTimeline("link"))];
        Fence[] fences = [.. chain.Select(timeline => timeline.Issue())];
        Task[] links = [.. Enumerable.Range(0, Length - 1).Select(i => PassOnAsync(fences[i], chain[i + 1]))];

        TestThread.Run(() => chain[0].Signal(1));

        Limit.On(Task.WhenAll(links));
        Assert.True(fences[^1].IsSignaled);

        static async Task PassOnAsync(Fence fence, FenceTimeline next)
        {
            await fence.ConfigureAwait(FenceContinuation.Inline);
            next.Signal(1);
        }
    }

    private sealed class RefusingContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => throw new NotSupportedException("closed");
    }
}
