// SPDX-License-Identifier: MIT
using System.Threading.Channels;

namespace FenceKit.Benchmarks.Ratios;

/// <summary>A command from its submission to its end, beside what people build from a channel, and beside tasks of the pool.</summary>
internal static class DeviceRows
{
    private const int Capacity = 256;

    private static readonly DeviceQueue<long> s_inline = new("ratios", new AtOnce(), new DeviceQueueOptions { Dispatch = DeviceDispatch.Inline });
    private static readonly DeviceQueue<long> s_pool = new("ratios", new AtOnce(), new DeviceQueueOptions { Capacity = Capacity, Dispatch = DeviceDispatch.ThreadPool });
    private static readonly Channel<(long Payload, TaskCompletionSource Done)> s_channel =
        Channel.CreateBounded<(long Payload, TaskCompletionSource Done)>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private static long s_sink;

    internal static IEnumerable<RatioRow> All() =>
    [
        new("device.submit", Submit, ChannelAndCompletion, 0.8, "submit → the driver completes → the fence is signaled", "bounded Channel: write, read, TaskCompletionSource set"),
        new("device.submit.vs-task", SubmitOnPool, RunOnPool, 1.0, "submit to a driver on the thread pool, await", "await Task.Run", Threads: 2),
    ];

    /// <summary>The quickest device there can be: what is measured is the queue.</summary>
    private sealed class AtOnce : DeviceDriver<long>
    {
        public override void Start(ReadOnlySpan<DeviceCommand<long>> batch)
        {
            foreach (ref readonly DeviceCommand<long> command in batch)
            {
                s_sink = command.Payload;
                command.Complete();
            }
        }
    }

    private static void Submit(int count)
    {
        DeviceQueue<long> queue = s_inline;
        for (int i = 0; i < count; i++)
        {
            queue.TrySubmit(i, out Fence fence);
            if (!fence.IsSignaled)
            {
                throw new InvalidOperationException("The command is not over.");
            }
        }
    }

    // One thread on both sides: the item is written, read back, and its completion set, as a driver made from a channel would.
    private static void ChannelAndCompletion(int count)
    {
        Channel<(long Payload, TaskCompletionSource Done)> channel = s_channel;
        for (int i = 0; i < count; i++)
        {
            TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            channel.Writer.TryWrite((i, done));
            if (channel.Reader.TryRead(out (long Payload, TaskCompletionSource Done) item))
            {
                s_sink = item.Payload;
                item.Done.SetResult();
            }

            if (!done.Task.IsCompleted)
            {
                throw new InvalidOperationException("The item is not over.");
            }
        }
    }

    private static void SubmitOnPool(int count) => SubmitOnPoolAsync(count).AsTask().Wait();

    private static async ValueTask SubmitOnPoolAsync(int count)
    {
        DeviceQueue<long> queue = s_pool;
        for (int i = 0; i < count; i++)
        {
            queue.TrySubmit(i, out Fence fence);
            await fence.ConfigureAwait(FenceContinuation.Inline);
        }
    }

    private static void RunOnPool(int count) => RunOnPoolAsync(count).Wait();

    private static async Task RunOnPoolAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Run(static () => s_sink++).ConfigureAwait(false);
        }
    }
}
