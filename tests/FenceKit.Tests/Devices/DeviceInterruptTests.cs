// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;

namespace FenceKit.Tests;

/// <summary>
/// Thread.Interrupt against members that are said not to block: they never throw, lose nothing, and leave the interrupt to the thread's next wait
/// of its own.
/// </summary>
public class DeviceInterruptTests
{
    private static readonly TimeSpan s_length = TimeSpan.FromSeconds(1);

    /// <summary>A device whose commands end on other threads, which are interrupted too. Nothing in it sleeps.</summary>
    private sealed class Reaped : DeviceDriver<int>
    {
        private readonly ConcurrentQueue<DeviceCommand<int>> _running = new();

        internal long Strays;

        public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
        {
            foreach (DeviceCommand<int> command in batch)
            {
                DeviceCommand<int> running = command;
                InterruptSafely(() => _running.Enqueue(running));
            }
        }

        internal void ReapOne()
        {
            DeviceCommand<int> command = default;
            bool found = false;
            InterruptSafely(() => found = _running.TryDequeue(out command));
            if (found && !command.Complete())
            {
                Interlocked.Increment(ref Strays);
            }
        }
    }

    [Theory]
    [InlineData(DeviceDispatch.Inline)]
    [InlineData(DeviceDispatch.ThreadPool)]
    [InlineData(DeviceDispatch.DedicatedThread)]
    public async Task Submitters_and_reapers_that_are_interrupted_lose_no_command(DeviceDispatch dispatch)
    {
        Reaped driver = new();
        DeviceQueue<int> queue = new("queue", driver, new DeviceQueueOptions { Dispatch = dispatch, Capacity = 64, Depth = 8 });
        FenceTimeline other = new("other");
        List<Exception> thrown = [];
        bool over = false;
        long accepted = 0;
        Thread[] threads =
        [
            Run(Submit), Run(Submit), Run(SubmitBehind), Run(Reap), Run(Reap),
        ];
        Stopwatch clock = Stopwatch.StartNew();
        while (clock.Elapsed < s_length)
        {
            foreach (Thread thread in threads)
            {
                thread.Interrupt();
            }

            other.Signal(other.Issue());
            Thread.Yield();
        }

        Volatile.Write(ref over, true);
        Limit.Until(() => threads.All(static thread => !thread.IsAlive), "The threads");
        other.Signal(other.Issue());
        using CancellationTokenSource ended = new();
        Task reaper = Task.Run(() =>
        {
            while (!ended.IsCancellationRequested)
            {
                driver.ReapOne();
            }
        });
        Assert.True(await queue.DrainAsync(Limit.Time), "The queue is stuck.");
        await ended.CancelAsync();
        await reaper;

        Assert.Empty(thrown);
        Assert.Null(queue.LostReason);
        DeviceQueueStatistics statistics = queue.GetStatistics();
        Assert.Equal(accepted, statistics.Submitted);
        Assert.Equal(accepted, statistics.Retired);
        Assert.Equal((0, 0, 0, 0), (statistics.Queued, statistics.Running, statistics.Faulted, statistics.StrayCompletions));
        Assert.Equal(0, driver.Strays);
        await queue.DisposeAsync();

        Thread Run(Action work)
        {
            Thread thread = new(() =>
            {
                while (!Volatile.Read(ref over))
                {
                    try
                    {
                        work();
                    }
                    catch (Exception exception)
                    {
                        InterruptSafely(() =>
                        {
                            lock (thrown)
                            {
                                thrown.Add(exception);
                            }
                        });
                    }
                }
            })
            {
                IsBackground = true,
            };
            thread.Start();
            return thread;
        }

        void Submit()
        {
            if (queue.TrySubmit(1, out _) == DeviceSubmitStatus.Submitted)
            {
                Interlocked.Increment(ref accepted);
            }
        }

        void SubmitBehind()
        {
            if (queue.TrySubmit(1, [other.Issue()], out _) == DeviceSubmitStatus.Submitted)
            {
                Interlocked.Increment(ref accepted);
            }
        }

        void Reap() => driver.ReapOne();
    }

    [Fact]
    public void A_callback_that_interrupts_the_thread_of_the_queue_does_not_end_it()
    {
        HandDriver driver = new()
        {
            WhenStarted = static command =>
            {
                Thread.CurrentThread.Interrupt();
                command.Complete();
            },
        };
        DeviceQueue<int> queue = new("queue", driver, new DeviceQueueOptions { Dispatch = DeviceDispatch.DedicatedThread });
        for (int i = 0; i < 10; i++)
        {
            queue.TrySubmit(i, out Fence fence);
            Assert.Equal(FenceStatus.Signaled, fence.Wait(Limit.Time));
        }

        Assert.Null(queue.LostReason);
    }

    /// <summary>For what the test itself does: the collections of the runtime have locks, now and then.</summary>
    private static void InterruptSafely(Action work)
    {
        while (true)
        {
            try
            {
                work();
                return;
            }
            catch (ThreadInterruptedException)
            {
            }
        }
    }
}
