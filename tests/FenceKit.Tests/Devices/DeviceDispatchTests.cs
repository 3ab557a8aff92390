// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

public class DeviceDispatchTests
{
    /// <summary>Writes down on which threads it is called.</summary>
    private sealed class ThreadDriver(bool keeps) : DeviceDriver<int>
    {
        private readonly HashSet<Thread> _threads = []; // its calls come one at a time

        internal IReadOnlyCollection<Thread> Threads => _threads;

        internal int Unmaps { get; private set; }

        internal Thread? Closer { get; private set; }

        public override bool KeepsMappings => keeps;

        public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
        {
            _threads.Add(Thread.CurrentThread);
            foreach (ref readonly DeviceCommand<int> command in batch)
            {
                command.Complete();
            }
        }

        public override void Unmap(AddressRange range)
        {
            _threads.Add(Thread.CurrentThread);
            Unmaps++;
        }

        public override void Close() => Closer = Thread.CurrentThread;
    }

    [Fact]
    public async Task A_dedicated_thread_makes_every_call_and_ends_with_the_queue()
    {
        ThreadDriver driver = new(keeps: true);
        DeviceQueue<int> queue = new("queue", driver, new DeviceQueueOptions { Dispatch = DeviceDispatch.DedicatedThread });
        using InvalidationNotifier notifier = new("memory");
        queue.Attach(notifier, AddressRange.All);
        for (int i = 0; i < 100; i++)
        {
            queue.TrySubmit(i, out Fence fence);
            Assert.Equal(FenceStatus.Signaled, fence.Wait(Limit.Time));
        }

        Assert.True(notifier.TrySchedule(new AddressRange(0, 4096), InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(InvalidationOutcome.Completed, session.Wait(Limit.Time));
        session.Commit();
        await Limit.OnAsync(queue.DisposeAsync().AsTask());

        Thread own = Assert.Single(driver.Threads);
        Assert.Equal("queue", own.Name);
        Assert.Same(own, driver.Closer);
        Assert.Equal(1, driver.Unmaps);
        Assert.True(own.Join(Limit.Time));
    }

    [Fact]
    public void Inline_dispatch_starts_a_command_before_submitting_returns()
    {
        ThreadDriver driver = new(keeps: false);
        DeviceQueue<int> queue = new("queue", driver, HandDriver.Options());

        queue.TrySubmit(1, out Fence fence);

        Assert.True(fence.IsSignaled);
        Assert.Same(Thread.CurrentThread, Assert.Single(driver.Threads));
    }

    [Fact]
    public void A_driver_that_throws_inside_submitting_loses_the_device_and_not_the_submitter()
    {
        HandDriver driver = new() { WhenStarted = static _ => throw new NotSupportedException("broken") };
        DeviceQueue<int> queue = new("queue", driver, HandDriver.Options());

        Assert.Equal(DeviceSubmitStatus.Submitted, queue.TrySubmit(1, out Fence fence));

        Assert.IsType<DeviceLostException>(fence.Error);
        Assert.Equal(1, driver.Losses);
    }

    [Fact]
    public void A_command_submitted_by_the_driver_itself_starts_after_its_call()
    {
        DeviceQueue<int>? queue = null;
        int depth = 0;
        int deepest = 0;
        Fence second = default;
        HandDriver driver = new()
        {
            WhenStarted = command =>
            {
                deepest = Math.Max(deepest, ++depth);
                if (command.Payload == 1)
                {
                    queue!.TrySubmit(2, out second);
                }

                command.Complete();
                depth--;
            },
        };
        queue = new("queue", driver, HandDriver.Options());

        queue.TrySubmit(1, out Fence first);

        Assert.Equal(1, deepest);
        Assert.True(first.IsSignaled && second.IsSignaled);
    }
}
