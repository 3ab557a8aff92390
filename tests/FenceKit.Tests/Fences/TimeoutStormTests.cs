// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>A million waits that end by time or token on one fence that stays pending. Alone, because it weighs the memory of the process.</summary>
[Collection(AloneCollection.Name)]
public class TimeoutStormTests
{
    [Fact]
    public void A_million_waiters_that_give_up_in_any_order_leave_in_constant_time_each()
    {
        const int Waiters = 1_000_000;
        FenceTimeline timeline = new("pending");
        Fence fence = timeline.Issue();
        RecordingCallback[] callbacks = new RecordingCallback[Waiters];
        for (int i = 0; i < Waiters; i++)
        {
            callbacks[i] = new RecordingCallback();
            Assert.True(fence.TryAddCallback(callbacks[i]));
        }

        new Random(1).Shuffle(callbacks);

        // A removal that walks the list would take 250,000,000,000 steps here, which no machine does within the limit.
        Task removals = Task.Run(() => Array.ForEach(callbacks, callback => Assert.Equal(FenceCallbackRemoval.Removed, fence.TryRemoveCallback(callback))));
        Limit.On(removals, "Removing a million callbacks");
        TimelineProbe.AssertQuiet(timeline);
        timeline.Signal(fence);
        Assert.All(callbacks, callback => Assert.Equal(0, callback.Calls));
    }

    [Fact]
    public void A_million_waits_that_time_out_or_are_canceled_leave_nothing_in_the_list_and_nothing_in_memory()
    {
        const int Batch = 100;
        const int Batches = 10_000;
        ManualTimeProvider clock = new();
        using FenceTimeline timeline = new("pending", new FenceTimelineOptions { TimeProvider = clock });
        Fence fence = timeline.Issue();
        int timedOut = 0;
        int canceled = 0;
        long baseline = 0;

        for (int i = 0; i < Batches; i++)
        {
            using CancellationTokenSource cancellation = new();
            Task[] waits = new Task[Batch];
            for (int k = 0; k < Batch; k++)
            {
                waits[k] = k % 2 == 0 ? TimeOutAsync() : CancelAsync(cancellation.Token);
            }

            cancellation.Cancel();
            clock.Advance(TimeSpan.FromSeconds(1));
            Limit.On(Task.WhenAll(waits));
            Assert.False(timeline.IsWaitedFor());
            if (i == Batches / 10)
            {
                baseline = GC.GetTotalMemory(forceFullCollection: true);
            }
        }

        Assert.Equal((Batch * Batches / 2, Batch * Batches / 2), (timedOut, canceled));
        Assert.Equal(0, clock.ActiveTimers);
        TimelineProbe.AssertQuiet(timeline);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - baseline, long.MinValue, 1 << 20);

        async Task TimeOutAsync()
        {
            Assert.Equal(FenceStatus.Pending, await fence.WaitAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(FenceContinuation.Inline));
            timedOut++;
        }

        async Task CancelAsync(CancellationToken token)
        {
            try
            {
                FenceWaitResult result = await Fence.WaitAnyAsync([fence, fence], token).ConfigureAwait(FenceContinuation.Inline);
                Assert.Fail($"Nothing signals here: {result.Status}.");
            }
            catch (OperationCanceledException)
            {
                canceled++;
            }
        }
    }
}
