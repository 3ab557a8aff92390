// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>One signal that releases many continuations. Alone, because the thread pool belongs to the process.</summary>
[Collection(AloneCollection.Name)]
public class HandOffTests
{
    private readonly FenceTimeline _timeline = new("device");

    [Fact]
    public void A_hundred_awaits_all_go_on_also_when_each_blocks_until_all_have()
    {
        // Each continuation blocks until the last has started: none may stand behind another that blocks.
        const int Waiters = 100;
        ThreadPool.GetMinThreads(out int workers, out int ports);
        ThreadPool.SetMinThreads(Math.Max(workers, Waiters + 8), ports);
        try
        {
            Fence fence = _timeline.Issue();
            using CountdownEvent started = new(Waiters);
            Task[] waits = [.. Enumerable.Range(0, Waiters).Select(i => i % 2 == 0 ? PlainAsync() : TimedAsync())];

            _timeline.Signal(fence);

            Limit.On(Task.WhenAll(waits));

            async Task PlainAsync()
            {
                await fence.ConfigureAwait(FenceContinuation.ThreadPool);
                started.Signal();
                Assert.True(started.Wait(Limit.Time));
            }

            async Task TimedAsync()
            {
                await fence.WaitAsync(Limit.Time).ConfigureAwait(FenceContinuation.ThreadPool);
                started.Signal();
                Assert.True(started.Wait(Limit.Time));
            }
        }
        finally
        {
            ThreadPool.SetMinThreads(workers, ports);
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
}
