// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

/// <summary>A queue of the usual kind does its work on the thread pool, where its users may be, too.</summary>
[Collection(AloneCollection.Name)]
public class DeviceStarvationTests
{
    private sealed class QuickDriver : DeviceDriver<int>
    {
        public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
        {
            foreach (DeviceCommand<int> command in batch)
            {
                command.Complete();
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Users_that_block_every_thread_of_the_pool_do_not_wait_for_ever(bool isUnordered)
    {
        // As long as a user stands in the list of the pool, a thread takes that one before the work of the queue. So all threads block.
        const int Threads = 32;
        const int Users = 4 * Threads;
        DeviceQueue<int> queue = new("queue", new QuickDriver(), new DeviceQueueOptions { IsUnordered = isUnordered });
        CountdownEvent over = new(Users);
        ThreadPool.GetMaxThreads(out int most, out int mostIo);
        ThreadPool.GetMinThreads(out int least, out int leastIo);
        try
        {
            Assert.True(ThreadPool.SetMinThreads(Threads, leastIo) && ThreadPool.SetMaxThreads(Threads, mostIo));
            for (int i = 0; i < Users; i++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(_ => Use(), null);
            }

            Assert.True(over.Wait(Limit.Time), $"{over.CurrentCount} users of the queue still wait.");
        }
        finally
        {
            ThreadPool.SetMaxThreads(most, mostIo);
            ThreadPool.SetMinThreads(least, leastIo);
        }

        void Use()
        {
            if (queue.TrySubmit(1, out Fence fence) == DeviceSubmitStatus.Submitted && fence.Wait(2 * Limit.Time) == FenceStatus.Signaled)
            {
                over.Signal();
            }
        }
    }
}
