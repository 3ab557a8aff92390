// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Signal, timer and token race to end the same wait, on nodes that are recycled all the time.</summary>
public class WaitAsyncRaceTests
{
    [Fact]
    public void Every_wait_ends_once_and_what_it_says_is_true()
    {
        const int Waits = 8_000;
        int signaled = 0;
        int pending = 0;
        int canceled = 0;

        async Task WaiterAsync(int seed)
        {
            Random random = new(seed);
            using FenceTimeline timeline = new("device");
            for (int i = 0; i < Waits / 4; i++)
            {
                // Half of the waits that can end by time or token have no signal coming; the others race with one.
                Fence fence = timeline.Issue();
                using CancellationTokenSource cancellation = new();
                int kind = random.Next(4);
                TimeSpan timeout = kind == 0 ? TimeSpan.FromMilliseconds(random.Next(3)) : kind == 1 ? Timeout.InfiniteTimeSpan : Limit.Time;
                FenceContinuation place = random.Next(2) == 0 ? FenceContinuation.ThreadPool : FenceContinuation.Inline;
                bool isSignaled = kind is 1 or 3 || random.Next(2) == 0;
                Task signal = isSignaled ? Task.Run(() => timeline.Signal(fence)) : Task.CompletedTask;
                Task cancel = kind == 2 ? Task.Run(cancellation.Cancel) : Task.CompletedTask;
                try
                {
                    switch (await fence.WaitAsync(timeout, cancellation.Token).ConfigureAwait(place))
                    {
                        case FenceStatus.Signaled:
                            Assert.True(fence.IsSignaled);
                            Interlocked.Increment(ref signaled);
                            break;
                        case FenceStatus.Pending:
                            Assert.Equal(0, kind);
                            Interlocked.Increment(ref pending);
                            break;
                        default:
                            Assert.Fail("Nothing faults here.");
                            break;
                    }
                }
                catch (OperationCanceledException exception)
                {
                    Assert.Equal(cancellation.Token, exception.CancellationToken);
                    Assert.Equal(2, kind);
                    Interlocked.Increment(ref canceled);
                }

                await signal;
                await cancel;
                timeline.Signal(fence);
            }

            TimelineProbe.AssertQuiet(timeline);
        }

        Limit.On(Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(() => WaiterAsync(seed)))));
        Assert.Equal(Waits, signaled + pending + canceled);
        Assert.True(signaled > 0 && canceled > 0 && pending > 0, "Signal, token and time have all won now and then.");
    }

    [Fact]
    public void A_timer_and_a_signal_at_the_same_moment_give_one_outcome_each_time()
    {
        const int Rounds = 5_000;
        ManualTimeProvider clock = new();
        using FenceTimeline timeline = new("device", new FenceTimelineOptions { TimeProvider = clock });
        using Barrier moment = new(2);
        TimeSpan tick = TimeSpan.FromSeconds(1);
        int ended = 0;
        FenceStatus said = FenceStatus.Retired;
        bool done = false;
        timeline.Issue(Rounds);
        TestThread timer = TestThread.Start(() =>
        {
            while (true)
            {
                Limit.On(moment);
                if (Volatile.Read(ref done))
                {
                    return;
                }

                clock.Advance(tick);
                Limit.On(moment);
            }
        });

        TestThread.Run(() =>
        {
            for (ulong round = 1; round <= Rounds; round++)
            {
                _ = WaitOnceAsync(timeline.GetFence(round));
                Limit.On(moment);
                timeline.Signal(round);
                Limit.On(moment);
                Assert.Equal((int)round, Volatile.Read(ref ended));
                Assert.True(said is FenceStatus.Signaled or FenceStatus.Pending, "One of the two has won.");
                Assert.Equal(0, clock.ActiveTimers);
                Assert.False(timeline.IsWaitedFor());
            }

            Volatile.Write(ref done, true);
            Limit.On(moment);
        });
        timer.Join();

        async Task WaitOnceAsync(Fence fence)
        {
            said = await fence.WaitAsync(tick).ConfigureAwait(FenceContinuation.Inline);
            Interlocked.Increment(ref ended);
        }
    }
}
