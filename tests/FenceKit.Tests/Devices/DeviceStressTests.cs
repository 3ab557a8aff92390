// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;

namespace FenceKit.Tests;

public class DeviceStressTests
{
    /// <summary>Two threads of hardware that take commands in whatever order; a fifth fails.</summary>
    private sealed class BusyDriver : DeviceDriver<int>, IDisposable
    {
        internal static readonly NotSupportedException Error = new("every fifth");
        private readonly BlockingCollection<DeviceCommand<int>> _work = new(new ConcurrentBag<DeviceCommand<int>>());
        private readonly TestThread[] _threads;
        private int _inside;

        internal BusyDriver() => _threads = [TestThread.Start(Work), TestThread.Start(Work)];

        internal int Overlaps { get; private set; }

        public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
        {
            Overlaps += Interlocked.Increment(ref _inside) - 1;
            foreach (DeviceCommand<int> command in batch)
            {
                _work.Add(command);
            }

            Interlocked.Decrement(ref _inside);
        }

        public override void Cancel(in DeviceCommand<int> command)
        {
            Overlaps += Interlocked.Increment(ref _inside) - 1;
            command.Cancel();
            Interlocked.Decrement(ref _inside);
        }

        public override bool TryReset() => true;

        public void Dispose()
        {
            _work.CompleteAdding();
            Array.ForEach(_threads, thread => thread.Join());
            _work.Dispose();
        }

        private void Work()
        {
            foreach (DeviceCommand<int> command in _work.GetConsumingEnumerable())
            {
                if (command.Payload % 5 == 0)
                {
                    command.Fail(Error);
                }
                else
                {
                    command.Complete();
                }
            }
        }
    }

    [Fact]
    public void Every_command_of_many_threads_ends_in_order_and_with_an_outcome_of_its_own()
    {
        using BusyDriver driver = new();
        DeviceQueue<int> queue = new("queue", driver, new DeviceQueueOptions { Capacity = 16, Depth = 8, BatchSize = 3, RetainedFaults = 1024 });
        ConcurrentBag<(Fence Fence, int Payload, RecordingCallback Callback)> all = [];
        FenceTimeline other = new("other");

        void Submit(int seed)
        {
            Random random = new(seed);
            for (int i = 0; i < 3_000; i++)
            {
                Fence gate = i % 7 == 0 ? other.Issue() : default;
                Fence fence;
                while (queue.TrySubmit(i, [gate], out fence) != DeviceSubmitStatus.Submitted)
                {
                    Thread.Yield();
                }

                RecordingCallback callback = new();
                fence.TryAddCallback(callback);
                all.Add((fence, i, callback));
                if (random.Next(4) == 0)
                {
                    queue.TryCancel(fence);
                }

                if (gate != default)
                {
                    other.Signal(gate);
                }
            }
        }

        TestThread.RunTogether(() => Submit(1), () => Submit(2), () => Submit(3));
        Assert.True(Limit.On(queue.DrainAsync(Limit.Time).AsTask()));

        foreach ((Fence fence, int payload, RecordingCallback callback) in all)
        {
            Assert.True(fence.IsSignaled);
            if (callback.Calls == 1)
            {
                Assert.True(
                    callback.Error is OperationCanceledException || (callback.Error == BusyDriver.Error) == (payload % 5 == 0),
                    $"Command {payload} ended with {callback.Error}.");
            }
        }

        DeviceQueueStatistics statistics = queue.GetStatistics();
        Assert.Equal(9_000, statistics.Submitted);
        Assert.Equal(9_000, statistics.Retired);
        Assert.Equal(0, statistics.Queued + statistics.Running);
        Assert.Equal(0, driver.Overlaps);
        TimelineProbe.AssertQuiet(other);
    }

    [Fact]
    public void A_device_that_is_lost_under_load_leaves_no_fence_pending_and_no_callback_behind()
    {
        for (int round = 0; round < 100; round++)
        {
            using BusyDriver driver = new();
            DeviceQueue<int> queue = new("queue", driver, new DeviceQueueOptions { Capacity = 16, Depth = 8 });
            FenceTimeline other = new("other");
            using InvalidationNotifier notifier = new("memory");
            queue.Attach(notifier, AddressRange.All);
            ConcurrentBag<Fence> all = [];
            using Barrier started = new(3);

            void Submit()
            {
                Limit.On(started);
                int i = 0;
                while (true)
                {
                    Fence gate = ++i % 3 == 0 ? other.Issue() : default;
                    DeviceSubmitStatus status = queue.TrySubmit(i, [gate], out Fence fence);
                    other.Signal(other.Issued);
                    if (status == DeviceSubmitStatus.Lost)
                    {
                        return;
                    }

                    if (status == DeviceSubmitStatus.Submitted)
                    {
                        all.Add(fence);
                    }
                }
            }

            TestThread.RunTogether(Submit, Submit, () =>
            {
                Limit.On(started);
                Limit.Until(() => all.Count > 50, "Fifty commands");
                queue.Lose(new NotSupportedException("killed"));
            });

            Limit.Until(() => all.All(fence => fence.IsSignaled), "The end of every fence");
            Limit.Until(() => notifier.GetStatistics().Subscriptions == 0, "Unsubscribing");
            Limit.On(queue.DisposeAsync().AsTask());
            TimelineProbe.AssertQuiet(other);
        }
    }
}
