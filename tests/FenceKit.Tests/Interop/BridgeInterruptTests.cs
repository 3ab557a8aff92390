// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Interop;

/// <summary>Thread.Interrupt loses nothing and throws nowhere in bridges that are said not to block; it stays for the thread's next wait.</summary>
public sealed class BridgeInterruptTests
{
    [Fact]
    public void No_completion_is_lost_or_doubled_while_all_threads_are_interrupted_again_and_again()
    {
        const int Rounds = 30_000;
        using FenceCompletionQueue queue = new(32);
        FenceTimeline[] timelines = [new("a"), new("b")];
        long watched = 0;
        long read = 0;
        List<Thread> threads = [];
        List<Exception> thrown = [];
        for (int index = 0; index < 4; index++)
        {
            int who = index;
            threads.Add(new Thread(() =>
            {
                for (int i = 0; i < Rounds; i++)
                {
                    try
                    {
                        Work(who);
                    }
                    catch (Exception exception)
                    {
                        lock (thrown)
                        {
                            thrown.Add(exception);
                        }
                    }
                }
            }) { IsBackground = true });
        }

        threads.ForEach(thread => thread.Start());
        while (threads.Exists(thread => thread.IsAlive))
        {
            threads.ForEach(thread => thread.Interrupt());
            Thread.Yield();
        }

        Array.ForEach(timelines, timeline => timeline.Signal(timeline.Issued));
        Drain();
        Assert.Empty(thrown);
        Assert.Equal(0, queue.InUse);
        Assert.Equal(watched, read);

        void Work(int who)
        {
            if (who >= 2)
            {
                Drain();
                return;
            }

            Fence fence = timelines[who].Issue();
            if (queue.TryWatch(fence))
            {
                Interlocked.Increment(ref watched);
            }

            timelines[who].Signal(fence);
        }

        void Drain()
        {
#pragma warning disable CA2012 // Only whether it is over: the channel's own question, which takes its lock.
            _ = queue.Reader.TryPeek(out _) || queue.Reader.Count > 0 || queue.Reader.WaitToReadAsync().IsCompleted;
#pragma warning restore CA2012
            while (queue.Reader.TryRead(out FenceCompletion completion))
            {
                Interlocked.Increment(ref read);
                Assert.Equal(FenceStatus.Signaled, completion.Status);
            }
        }
    }

    [Fact]
    public void Disposing_a_consumer_ends_its_fences_although_the_thread_is_interrupted_and_the_interrupt_stays()
    {
        if (LinuxOnly.IsRefused(() => SharedFenceTimeline.Create("nowhere")))
        {
            return;
        }

        using SharedFenceTimeline producer = SharedFenceTimeline.Create("producer");
        producer.Issue();
        for (int i = 0; i < 10; i++)
        {
            SharedFenceTimeline consumer = SharedFenceTimeline.Open("consumer", Environment.ProcessId, producer.Descriptor);
            Fence fence = consumer.GetFence(1);
            TestThread.Run(() =>
            {
                Thread.CurrentThread.Interrupt();
                consumer.Dispose();
                consumer.Dispose();
                Assert.Equal(FenceStatus.Faulted, fence.Status);
                Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(Limit.Time));
            });
        }
    }

    [Fact]
    public void A_consumer_can_be_disposed_by_a_callback_on_its_own_thread()
    {
        if (LinuxOnly.IsRefused(() => SharedFenceTimeline.Create("nowhere")))
        {
            return;
        }

        using SharedFenceTimeline producer = SharedFenceTimeline.Create("producer");
        SharedFenceTimeline consumer = SharedFenceTimeline.Open("consumer", Environment.ProcessId, producer.Descriptor);
        Fence mine = producer.Issue();
        producer.Issue();
        Fence second = consumer.GetFence(2);
        using ManualResetEventSlim over = new();
        Assert.True(consumer.GetFence(1).TryAddCallback(new RecordingCallback(() =>
        {
            consumer.Dispose();
            over.Set();
        })));
        producer.Signal(mine);
        Limit.On(over);
        Assert.Equal(FenceStatus.Faulted, second.Wait(Limit.Time));
    }
}
