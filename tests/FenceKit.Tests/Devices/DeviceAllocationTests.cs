// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

[Collection(AloneCollection.Name)]
public class DeviceAllocationTests
{
    /// <summary>Completes everything inside the call that starts it, or when told.</summary>
    private sealed class QuietDriver(bool atOnce, bool keeps = false) : DeviceDriver<object>
    {
        private readonly Lock _gate = new();
        private DeviceCommand<object> _last;

        internal DeviceCommand<object> Last
        {
            get
            {
                lock (_gate)
                {
                    return _last;
                }
            }
        }

        public override bool KeepsMappings => keeps;

        public override void Start(ReadOnlySpan<DeviceCommand<object>> batch)
        {
            foreach (ref readonly DeviceCommand<object> command in batch)
            {
                lock (_gate)
                {
                    _last = command;
                }

                if (atOnce)
                {
                    command.Complete();
                }
            }
        }

        public override void Cancel(in DeviceCommand<object> command) => command.Cancel();

        public override int GetRanges(in object command, Span<AddressRange> ranges)
        {
            ranges[0] = AddressRange.FromLength(0, 4096);
            return 1;
        }
    }

    private static readonly object s_payload = new();

    [Fact]
    public void A_command_from_submission_to_its_callback_costs_no_byte()
    {
        RecordingCallback callback = new();
        QuietDriver driver = new(atOnce: false);
        DeviceQueue<object> queue = new("queue", driver, HandDriver.Options());

        Assert.Equal(0, Allocation.Of(() =>
        {
            queue.TrySubmit(s_payload, out Fence fence);
            fence.TryAddCallback(callback);
            driver.Last.Complete();
        }));
        Assert.Equal(4_000, callback.Calls);
    }

    [Fact]
    public void A_command_of_a_queue_without_order_costs_no_byte_nor_does_its_invalidation()
    {
        RecordingCallback callback = new();
        QuietDriver driver = new(atOnce: false);
        DeviceQueue<object> queue = new("queue", driver, new DeviceQueueOptions { Dispatch = DeviceDispatch.Inline, IsUnordered = true });
        using InvalidationNotifier notifier = new("memory");
        queue.Attach(notifier, AddressRange.All);
        FenceTimeline other = new("other");
        Fence[] gate = new Fence[1];

        Assert.Equal(0, Allocation.Of(() =>
        {
            gate[0] = other.Issue();
            queue.TrySubmit(s_payload, gate, out Fence fence);
            fence.TryAddCallback(callback);
            other.Signal(gate[0]);
            Assert.True(notifier.TrySchedule(AddressRange.FromLength(0, 4096), InvalidationReason.Unmap, out InvalidationSession session));
            driver.Last.Complete();
            Assert.True(session.TryWait() == InvalidationOutcome.Completed);
            session.Commit();
        }));
        Assert.Equal(4_000, callback.Calls);
    }

    [Fact]
    public void A_dependency_costs_no_byte()
    {
        DeviceQueue<object> queue = new("queue", new QuietDriver(atOnce: true), HandDriver.Options());
        FenceTimeline other = new("other");
        Fence[] gate = new Fence[1];

        Assert.Equal(0, Allocation.Of(() =>
        {
            gate[0] = other.Issue();
            queue.TrySubmit(s_payload, gate, out Fence fence);
            other.Signal(gate[0]);
            Assert.True(fence.IsSignaled);
        }));
    }

    [Fact]
    public void A_cancellation_costs_no_byte()
    {
        DeviceQueue<object> queue = new("queue", new QuietDriver(atOnce: false), HandDriver.Options());
        FenceTimeline other = new("other");
        Fence[] gate = [other.Issue()];

        Assert.Equal(0, Allocation.Of(() =>
        {
            queue.TrySubmit(s_payload, gate, out Fence waiting);
            queue.TryCancel(waiting);
            queue.TrySubmit(s_payload, out Fence running);
            queue.TryCancel(running);
            Assert.True(running.IsSignaled);
        }));
    }

    /// <summary>
    /// Waking a thread of the queue's own costs no byte. Waking one of the pool costs none either, but for what the pool allocates for itself
    /// when its list grows or it adds a worker (136 bytes for a thread): so the least of some blocks counts.
    /// </summary>
    [Theory]
    [InlineData(DeviceDispatch.Inline)]
    [InlineData(DeviceDispatch.DedicatedThread)]
    [InlineData(DeviceDispatch.ThreadPool)]
    public void A_command_costs_no_byte_on_any_thread(DeviceDispatch dispatch)
    {
        // One object a command would be at least 12,000 bytes in every block; the test runner itself allocates now and then.
        const int Commands = 500;
        const long Runner = Commands * 24 / 2;
        DeviceQueue<object> queue = new("queue", new QuietDriver(atOnce: true), new DeviceQueueOptions { Dispatch = dispatch });
        long least = long.MaxValue;
        for (int block = 0; block < 20 && least > Runner; block++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < Commands; i++)
            {
                queue.TrySubmit(s_payload, out Fence fence);
                SpinWait spin = default;
                while (!fence.IsSignaled)
                {
                    spin.SpinOnce(sleep1Threshold: -1);
                }
            }

            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.InRange(least, 0, Runner);
    }

    [Theory]
    [InlineData(false, DeviceDispatch.Inline)]
    [InlineData(true, DeviceDispatch.Inline)] // mappings are dropped on the thread pool all the same
    [InlineData(true, DeviceDispatch.ThreadPool)]
    [InlineData(true, DeviceDispatch.DedicatedThread)]
    public void An_invalidation_of_a_device_costs_its_owner_no_byte(bool keepsMappings, DeviceDispatch dispatch)
    {
        QuietDriver driver = new(atOnce: false, keepsMappings);
        DeviceQueue<object> queue = new("queue", driver, new DeviceQueueOptions { Dispatch = dispatch });
        using InvalidationNotifier notifier = new("memory");
        queue.Attach(notifier, AddressRange.All);

        Assert.Equal(0, Allocation.Of(() =>
        {
            queue.TrySubmit(s_payload, out Fence fence);
            SpinWait spin = default;
            while (driver.Last.Point != fence.Point)
            {
                spin.SpinOnce(); // mappings are dropped on another thread, and that pump may take our command along
            }

            notifier.TrySchedule(AddressRange.FromLength(0, 4096), InvalidationReason.Unmap, out InvalidationSession session);
            driver.Last.Complete();
            Assert.True(session.Wait(Limit.Time) == InvalidationOutcome.Completed);
            session.Commit();
        }));
    }

    [Fact]
    public async Task Waiting_for_room_costs_no_byte_when_there_is_room()
    {
        DeviceQueue<object> queue = new("queue", new QuietDriver(atOnce: true), HandDriver.Options());
        long least = long.MaxValue;
        for (int block = 0; block < 10; block++)
        {
            long bytes = 0;
            for (int i = 0; i < 300; i++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                ValueTask<Fence> submitted = queue.SubmitAsync(s_payload);
                bool atOnce = submitted.IsCompleted;
                await submitted;
                bytes += atOnce ? GC.GetAllocatedBytesForCurrentThread() - before : 0;
            }

            least = Math.Min(least, bytes); // as Allocation.Count, which cannot await
        }

        Assert.Equal(0, least);
    }
}
