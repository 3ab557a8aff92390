// SPDX-License-Identifier: MIT
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace FenceKit.Tests.Interop;

/// <summary>Faults across processes: what the producer says of a point reaches those who wait for it elsewhere, and nothing else does.</summary>
public sealed class SharedFaultTests
{
    private const int RecordBytes = 240;
    private const int CountAt = 192;
    private const int RecordsAt = 256;
    private const int IssuedAt = 64;
    private const int CompletedAt = 128;

    [Fact]
    public void A_point_that_failed_faults_where_others_wait_and_its_neighbours_succeed()
    {
        if (IsRefusedHere())
        {
            return;
        }

        using SharedFenceTimeline producer = SharedFenceTimeline.Create("mine");
        using SharedFenceTimeline consumer = OpenOwn(producer);
        Fence[] mine = [producer.Issue(), producer.Issue(), producer.Issue()];
        Fence[] theirs = [consumer.GetFence(1), consumer.GetFence(2), consumer.GetFence(3)];
        IOException error = new("the disk is gone") { HResult = 4711 };
        Assert.True(producer.Signal(mine[0]));
        Assert.True(producer.Signal(mine[1], error));
        Assert.False(producer.Signal(mine[1], error));
        Assert.True(producer.Signal(mine[2]));

        Assert.Equal(FenceStatus.Signaled, theirs[2].Wait(Limit.Time));
        Assert.Equal([FenceStatus.Signaled, FenceStatus.Faulted, FenceStatus.Signaled], theirs.Select(fence => fence.Status));
        SharedFenceFaultException told = Assert.IsType<SharedFenceFaultException>(theirs[1].Error);
        Assert.Contains("point 2", told.Message, StringComparison.Ordinal);
        Assert.EndsWith("System.IO.IOException: the disk is gone", told.Message, StringComparison.Ordinal);
        Assert.Equal((4711, "theirs"), (told.HResult, told.TimelineName));
        Assert.Same(error, mine[1].Error);
        Assert.Throws<InvalidOperationException>(() => consumer.Signal(theirs[0], error));
        Assert.Throws<ArgumentNullException>("error", () => producer.Signal(mine[0], null!));
    }

    [Fact]
    public void One_error_for_several_points_faults_all_of_them_and_a_long_message_is_cut_at_a_whole_character()
    {
        if (IsRefusedHere())
        {
            return;
        }

        using SharedFenceTimeline producer = SharedFenceTimeline.Create("mine");
        using SharedFenceTimeline consumer = OpenOwn(producer);
        producer.Issue();
        producer.Issue();
        Fence last = producer.Issue();
        Assert.True(producer.Signal(last, new InvalidOperationException("\ud800\n" + string.Concat(Enumerable.Repeat("\U0001F600", 500)))));
        Assert.Equal(FenceStatus.Faulted, consumer.GetFence(3).Wait(Limit.Time));
        Assert.All([1UL, 2UL, 3UL], point => Assert.Same(consumer.GetFence(3).Error, consumer.GetFence(point).Error));
        string message = consumer.GetFence(1).Error!.Message;
        Assert.Contains("the points 1 to 3", message, StringComparison.Ordinal);
        Assert.EndsWith("\U0001F600", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.True(message.Length < 400);
    }

    [Fact]
    public void Threads_that_signal_and_fail_points_at_once_tell_the_others_exactly_what_this_process_sees()
    {
        if (IsRefusedHere())
        {
            return;
        }

        const ulong Points = 20_000;
        using SharedFenceTimeline producer = SharedFenceTimeline.Create("mine");
        using SharedFenceTimeline consumer = OpenOwn(producer);
        FenceStatus[] here = new FenceStatus[Points + 1];
        FenceStatus[] there = new FenceStatus[Points + 1];
        using CountdownEvent heard = new((int)Points);
        for (ulong point = 1; point <= Points; point++)
        {
            ulong own = point;
            Fence fence = producer.Issue();
            fence.TryAddCallback(new Noting(status => here[own] = status));
            Assert.True(consumer.GetFence(point).TryAddCallback(new Noting(status =>
            {
                there[own] = status;
                heard.Signal();
            })));
        }

        ulong next = 0;
        TestThread.RunTogether(() => Produce(0), () => Produce(1), () => Produce(2));
        Assert.True(heard.Wait(Limit.Time));
        int unknown = 0;
        for (ulong point = 1; point <= Points; point++)
        {
            if (there[point] == FenceStatus.Retired)
            {
                unknown++; // the consumer was more than a ring behind: it says so
            }
            else
            {
                Assert.Equal(here[point], there[point]);
            }
        }

        Assert.True(unknown < (int)Points, "Some outcomes arrived.");
        Assert.Contains(FenceStatus.Faulted, here);

        void Produce(int seed)
        {
            Random random = new(seed);
            for (ulong point = Interlocked.Increment(ref next); point <= Points; point = Interlocked.Increment(ref next))
            {
                Fence fence = producer.GetFence(point);
                _ = random.Next(4) == 0 ? producer.Signal(fence, new IOException($"point {point}")) : producer.Signal(fence);
            }
        }
    }

    [Fact]
    public void A_consumer_that_is_a_whole_ring_behind_never_says_that_a_point_succeeded_whose_fault_it_missed()
    {
        if (IsRefusedHere())
        {
            return;
        }

        using SafeFileHandle memory = LinuxNative.CreateMemory("peer");
        using MemoryMappedViewAccessor peer = SharedFenceTimelineTests.Fill(memory, SharedWords.Bytes);
        Assert.True(LinuxNative.TrySeal(memory, SharedWords.Seals));
        for (int number = 4; number < 20; number++)
        {
            Write(peer, (ulong)number, (ulong)((10 * number) + 1), (ulong)((10 * number) + 2), "late");
        }

        peer.Write(IssuedAt, 500UL);
        peer.Write(CountAt, 20UL);
        peer.Write(CompletedAt, 300UL);
        using SharedFenceTimeline consumer = SharedFenceTimeline.Open("theirs", Environment.ProcessId, memory);
        List<FenceStatus> outcomes = [];
        foreach (ulong point in (ulong[])[1, 40, 191, 192, 193, 300])
        {
            consumer.GetFence(300).Wait(Limit.Time);
            outcomes.Add(consumer.GetFence(point).Status);
        }

        Assert.Equal(
            [FenceStatus.Retired, FenceStatus.Retired, FenceStatus.Faulted, FenceStatus.Faulted, FenceStatus.Signaled, FenceStatus.Signaled], outcomes);
    }

    [Theory]
    [InlineData(0UL, 1UL, 4)]                 // no such point
    [InlineData(3UL, 2UL, 4)]                 // backwards
    [InlineData(1UL, 2UL, 209)]               // longer than there is room for
    [InlineData(1UL, 2UL, -2)]
    [InlineData(1UL, 2UL, int.MinValue)]
    public void A_record_that_makes_no_sense_ends_the_timeline_with_an_error(ulong first, ulong last, int length)
    {
        if (IsRefusedHere())
        {
            return;
        }

        using SafeFileHandle memory = LinuxNative.CreateMemory("peer");
        using MemoryMappedViewAccessor peer = SharedFenceTimelineTests.Fill(memory, SharedWords.Bytes);
        Assert.True(LinuxNative.TrySeal(memory, SharedWords.Seals));
        Write(peer, 0, first, last, "text");
        peer.Write(RecordsAt + 28, length);
        peer.Write(IssuedAt, 5UL);
        using SharedFenceTimeline consumer = SharedFenceTimeline.Open("theirs", Environment.ProcessId, memory);
        Fence fence = consumer.GetFence(5);
        peer.Write(CountAt, 1UL);
        peer.Write(CompletedAt, 5UL);
        Assert.Equal(FenceStatus.Faulted, fence.Wait(Limit.Time));
        Assert.IsType<InvalidDataException>(fence.Error);
    }

    [Fact]
    public void A_count_of_faults_that_goes_back_ends_the_timeline_with_an_error()
    {
        if (IsRefusedHere())
        {
            return;
        }

        using SafeFileHandle memory = LinuxNative.CreateMemory("peer");
        using MemoryMappedViewAccessor peer = SharedFenceTimelineTests.Fill(memory, SharedWords.Bytes);
        Assert.True(LinuxNative.TrySeal(memory, SharedWords.Seals));
        Write(peer, 0, 1, 1, "one");
        peer.Write(IssuedAt, 5UL);
        peer.Write(CountAt, 1UL);
        peer.Write(CompletedAt, 1UL);
        using SharedFenceTimeline consumer = SharedFenceTimeline.Open("theirs", Environment.ProcessId, memory);
        Assert.Equal(FenceStatus.Faulted, consumer.GetFence(1).Wait(Limit.Time));
        Fence fence = consumer.GetFence(2);
        peer.Write(CountAt, 0UL);
        peer.Write(CompletedAt, 2UL);
        Assert.Equal(FenceStatus.Faulted, fence.Wait(Limit.Time));
        Assert.IsType<InvalidDataException>(fence.Error);
    }

    [Fact]
    public void An_outcome_that_the_producer_does_not_know_itself_is_no_success_elsewhere()
    {
        if (IsRefusedHere())
        {
            return;
        }

        using SafeFileHandle memory = LinuxNative.CreateMemory("peer");
        using MemoryMappedViewAccessor peer = SharedFenceTimelineTests.Fill(memory, SharedWords.Bytes);
        Assert.True(LinuxNative.TrySeal(memory, SharedWords.Seals));
        Write(peer, 0, 1, 1, "");
        peer.Write(RecordsAt + 28, -1);
        peer.Write(IssuedAt, 5UL);
        peer.Write(CountAt, 1UL);
        peer.Write(CompletedAt, 1UL);
        using SharedFenceTimeline consumer = SharedFenceTimeline.Open("theirs", Environment.ProcessId, memory);
        Fence fence = consumer.GetFence(1);
        fence.Wait(Limit.Time);
        Assert.Equal(FenceStatus.Retired, fence.Status);
        Assert.Throws<FenceRetiredException>(() => Limit.On(fence.AsTask()));
    }

    private static void Write(MemoryMappedViewAccessor peer, ulong number, ulong first, ulong last, string text)
    {
        int at = RecordsAt + ((int)(number % 16) * RecordBytes);
        peer.Write(at, number + 1);
        peer.Write(at + 8, first);
        peer.Write(at + 16, last);
        peer.Write(at + 24, 7);
        peer.Write(at + 28, text.Length);
        peer.WriteArray(at + 32, System.Text.Encoding.UTF8.GetBytes(text), 0, text.Length);
    }

    private static bool IsRefusedHere() => LinuxOnly.IsRefused(() => SharedFenceTimeline.Create("nowhere"));

    private static SharedFenceTimeline OpenOwn(SharedFenceTimeline producer) =>
        SharedFenceTimeline.Open("theirs", Environment.ProcessId, producer.Descriptor);

    private sealed class Noting(Action<FenceStatus> note) : FenceCallback
    {
        protected override void OnSignaled(FenceStatus status, Exception? fault) => note(status);
    }
}
