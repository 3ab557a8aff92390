// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Of the continuations that one signal releases none is held up by another, or by a callback. Alone, because the thread pool belongs to the process.</summary>
[Collection(AloneCollection.Name)]
public class HeldUpContinuationTests
{
    private readonly FenceTimeline _timeline = new("device");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_continuation_that_blocks_holds_up_nobody_who_waits_behind_it(bool timed)
    {
        Fence fence = _timeline.Issue();
        using CountdownEvent started = new(2);
        Task[] waits = [WaitAsync(), WaitAsync()];

        _timeline.Signal(fence);

        Limit.On(Task.WhenAll(waits));

        async Task WaitAsync()
        {
            if (timed)
            {
                await fence.WaitAsync(Limit.Time).ConfigureAwait(FenceContinuation.ThreadPool);
            }
            else
            {
                await fence.ConfigureAwait(FenceContinuation.ThreadPool);
            }

            started.Signal();
            Assert.True(started.Wait(Limit.Time), "Both have started.");
        }
    }

    [Fact]
    public void A_hundred_awaits_all_go_on_time_after_time()
    {
        for (int round = 0; round < 100; round++)
        {
            Fence fence = _timeline.Issue();
            Task[] waits = [.. Enumerable.Range(0, 100).Select(_ => WaitAsync())];
            _timeline.Signal(fence);
            Limit.On(Task.WhenAll(waits));

            async Task WaitAsync() => await fence.ConfigureAwait(FenceContinuation.ThreadPool);
        }
    }

    [Fact]
    public void Continuations_before_a_callback_are_handed_off_before_it_runs()
    {
        Fence fence = _timeline.Issue();
        using ManualResetEventSlim wentOn = new();
        Task wait = WaitAsync();
        bool seen = false;
        Assert.True(fence.TryAddCallback(new RecordingCallback(() => seen = wentOn.Wait(Limit.Time))));

        _timeline.Signal(fence);

        Assert.True(seen, "The continuation ran while the callback behind it was still running.");
        Limit.On(wait);

        async Task WaitAsync()
        {
            await fence.ConfigureAwait(FenceContinuation.ThreadPool);
            wentOn.Set();
        }
    }

    [Fact]
    public void Continuations_before_a_wait_for_any_are_handed_off_before_its_own_runs()
    {
        using FenceTimeline never = new("never");
        Fence fence = _timeline.Issue();
        using ManualResetEventSlim wentOn = new();
        Task first = WaitAsync();
        Task<bool> second = WaitAnyAsync();

        _timeline.Signal(fence);

        Assert.True(Limit.On(second), "The continuation ran while the one behind it was still running.");
        Limit.On(first);

        async Task WaitAsync()
        {
            await fence.ConfigureAwait(FenceContinuation.ThreadPool);
            wentOn.Set();
        }

        async Task<bool> WaitAnyAsync()
        {
            await Fence.WaitAnyAsync([never.Issue(), fence]).ConfigureAwait(FenceContinuation.Inline);
            return wentOn.Wait(Limit.Time);
        }
    }
}
