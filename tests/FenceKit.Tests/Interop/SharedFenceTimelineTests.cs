// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;

namespace FenceKit.Tests.Interop;

/// <summary>Timelines in memory that processes share. The other side may be anything.</summary>
public sealed class SharedFenceTimelineTests
{
    private const int MagicAt = 0;
    private const int EndedAt = 16;
    private const int IssuedAt = 64;
    private const int CompletedAt = 128;
    private const int Page = 4096;

    [Fact]
    public void A_signal_is_seen_through_a_second_mapping()
    {
        if (IsRefusedHere())
        {
            return;
        }

        using SharedFenceTimeline producer = SharedFenceTimeline.Create("mine");
        using SharedFenceTimeline consumer = OpenOwn(producer);
        Assert.Throws<ArgumentOutOfRangeException>("point", () => consumer.GetFence(1));
        Assert.Throws<InvalidOperationException>(() => consumer.Issue());
        Assert.Throws<InvalidOperationException>(() => consumer.Signal(default));
        Assert.Equal(-1, consumer.Descriptor);
        for (ulong point = 1; point <= 100; point++)
        {
            Fence mine = producer.Issue();
            Fence theirs = consumer.GetFence(point);
            Assert.False(theirs.IsSignaled);
            Assert.True(producer.Signal(mine));
            Assert.False(producer.Signal(mine));
            Assert.Equal(FenceStatus.Signaled, theirs.Wait(Limit.Time));
        }

        Fence pending = consumer.GetFence(producer.Issue().Point);
        consumer.Dispose();
        Assert.Equal(FenceStatus.Faulted, pending.Status);
    }

    [Fact]
    public void A_descriptor_that_was_handed_over_opens_it_too_and_may_be_closed_afterwards()
    {
        if (IsRefusedHere())
        {
            return;
        }

        using SharedFenceTimeline producer = SharedFenceTimeline.Create("mine");
        Fence mine = producer.Issue();
        SafeFileHandle handed = LinuxNative.OpenDescriptorOf(Environment.ProcessId, producer.Descriptor);
        using SharedFenceTimeline consumer = SharedFenceTimeline.Open("theirs", Environment.ProcessId, handed);
        handed.Dispose();
        producer.Signal(mine);
        Assert.Equal(FenceStatus.Signaled, consumer.GetFence(1).Wait(Limit.Time));
    }

    [Fact]
    public void A_producer_that_disposes_it_faults_what_others_wait_for_and_leaves_what_it_signaled()
    {
        if (IsRefusedHere())
        {
            return;
        }

        SharedFenceTimeline producer = SharedFenceTimeline.Create("mine");
        using SharedFenceTimeline consumer = OpenOwn(producer);
        Fence first = producer.Issue();
        Fence done = consumer.GetFence(1);
        Fence owed = consumer.GetFence(producer.Issue().Point);
        producer.Signal(first);
        producer.Dispose();

        Assert.Equal(FenceStatus.Faulted, owed.Wait(Limit.Time));
        Assert.Contains("disposed", Assert.IsType<FenceAbandonedException>(owed.Error).Message, StringComparison.Ordinal);
        Assert.Equal(FenceStatus.Signaled, done.Status);
        Assert.Equal(-1, producer.Descriptor);
    }

    [Fact]
    public void Nobody_can_shorten_or_write_the_memory_of_a_producer()
    {
        if (IsRefusedHere())
        {
            return;
        }

        using SharedFenceTimeline producer = SharedFenceTimeline.Create("mine");
        producer.Issue();
        using SafeFileHandle peer = File.OpenHandle(
            $"/proc/self/fd/{producer.Descriptor}", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        Refused(() => RandomAccess.SetLength(peer, 0));
        Refused(() => RandomAccess.SetLength(peer, 2 * Page));
        Assert.Equal(Page, RandomAccess.GetLength(peer));
        Assert.False(LinuxNative.TrySeal(peer, 8), "The seals themselves are sealed.");
        if ((LinuxNative.GetSeals(peer) & LinuxNative.SealFutureWrite) != 0)
        {
            Refused(() => RandomAccess.Write(peer, new byte[8], CompletedAt));
            Refused(() => MemoryMappedFile.CreateFromFile(
                peer, null, Page, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true).CreateViewAccessor().Dispose());
        }
    }

    [Fact]
    public void Memory_that_a_peer_could_shorten_is_refused()
    {
        if (IsRefusedHere())
        {
            return;
        }

        using SafeFileHandle open = LinuxNative.CreateMemory("peer");
        Fill(open, Page).Dispose();
        Refuses("nobody can shorten", open);
        Assert.True(LinuxNative.TrySeal(open, LinuxNative.SealGrow));
        Refuses("nobody can shorten", open);
        Assert.True(LinuxNative.TrySeal(open, SharedWords.Seals));
        SharedFenceTimeline.Open("peer", Environment.ProcessId, open).Dispose();
    }

    [Fact]
    public void What_is_no_shared_timeline_is_refused_and_never_waited_for()
    {
        if (IsRefusedHere())
        {
            return;
        }

        using SafeFileHandle large = LinuxNative.CreateMemory("large");
        Fill(large, 2 * Page).Dispose();
        Assert.True(LinuxNative.TrySeal(large, SharedWords.Seals));
        Refuses("size", large);

        using SafeFileHandle blank = LinuxNative.CreateMemory("blank");
        RandomAccess.SetLength(blank, Page);
        Assert.True(LinuxNative.TrySeal(blank, SharedWords.Seals));
        Refuses("begin", blank);

        string path = Path.GetTempFileName();
        using (SafeFileHandle file = File.OpenHandle(path, options: FileOptions.DeleteOnClose))
        {
            Refuses("nobody can shorten", file);
        }

        using AnonymousPipeServerStream pipe = new(PipeDirection.Out);
        using SafeFileHandle end = new(pipe.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        Refuses("nobody can shorten", end);
        Assert.Throws<InvalidDataException>(
            () => SharedFenceTimeline.Open("peer", Environment.ProcessId, (int)end.DangerousGetHandle())); // opening a pipe can block; not here

        Assert.Throws<IOException>(() => SharedFenceTimeline.Open("peer", Environment.ProcessId, int.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>("descriptor", () => SharedFenceTimeline.Open("peer", Environment.ProcessId, -1));
        Assert.Throws<ArgumentOutOfRangeException>("producerProcessId", () => SharedFenceTimeline.Open("peer", 0, 1));
        Assert.Throws<ArgumentException>("name", () => SharedFenceTimeline.Create(""));
    }

    [Theory]
    [InlineData(CompletedAt, 2UL)]
    [InlineData(CompletedAt, ulong.MaxValue)]
    [InlineData(IssuedAt, ulong.MaxValue)]
    [InlineData(IssuedAt, 1UL << 62)]
    [InlineData(EndedAt, 2UL)]
    public void A_peer_that_writes_nonsense_ends_the_timeline_with_an_error(int offset, ulong value)
    {
        if (IsRefusedHere())
        {
            return;
        }

        using SafeFileHandle memory = LinuxNative.CreateMemory("peer");
        using MemoryMappedViewAccessor peer = Fill(memory, Page);
        Assert.True(LinuxNative.TrySeal(memory, SharedWords.Seals));
        peer.Write(IssuedAt, 1UL);
        using SharedFenceTimeline consumer = SharedFenceTimeline.Open("theirs", Environment.ProcessId, memory);
        Fence fence = consumer.GetFence(1);
        Assert.False(fence.IsSignaled);

        peer.Write(offset, value); // and no wake-up: the consumer looks by itself

        Assert.Equal(FenceStatus.Faulted, fence.Wait(Limit.Time));
        Assert.IsType<InvalidDataException>(fence.Error);
    }

    [Fact]
    public void A_counter_that_goes_back_is_ignored()
    {
        if (IsRefusedHere())
        {
            return;
        }

        using SafeFileHandle memory = LinuxNative.CreateMemory("peer");
        using MemoryMappedViewAccessor peer = Fill(memory, Page);
        Assert.True(LinuxNative.TrySeal(memory, SharedWords.Seals));
        peer.Write(IssuedAt, 5UL);
        peer.Write(CompletedAt, 3UL);
        using SharedFenceTimeline consumer = SharedFenceTimeline.Open("theirs", Environment.ProcessId, memory);
        Fence third = consumer.GetFence(3);
        Assert.Equal(FenceStatus.Signaled, third.Wait(Limit.Time));
        peer.Write(CompletedAt, 1UL);
        peer.Write(IssuedAt, 4UL);
        peer.Write(CompletedAt, 4UL);
        Assert.Equal(FenceStatus.Signaled, consumer.GetFence(4).Wait(Limit.Time));
        Assert.Equal(FenceStatus.Signaled, third.Status);
        Assert.Throws<ArgumentOutOfRangeException>("point", () => consumer.GetFence(5));
    }

    [Fact]
    public void A_child_that_signals_is_heard_and_one_that_is_killed_while_it_owes_a_signal_faults_its_fences()
    {
        if (IsRefusedHere())
        {
            return;
        }

        using Process child = StartChild("produce");
        try
        {
            int descriptor = int.Parse(child.StandardOutput.ReadLine()!, System.Globalization.CultureInfo.InvariantCulture);
            using SharedFenceTimeline timeline = SharedFenceTimeline.Open("child", child.Id, descriptor);
            Fence first = timeline.GetFence(1);
            Fence owed = timeline.GetFence(2);
            Assert.False(first.IsSignaled);
            child.StandardInput.WriteLine("signal");
            Assert.Equal(FenceStatus.Signaled, first.Wait(Limit.Time));
            Assert.False(owed.IsSignaled);

            child.Kill();

            Assert.Equal(FenceStatus.Faulted, owed.Wait(Limit.Time));
            Assert.IsType<FenceAbandonedException>(owed.Error);
            Assert.Equal(FenceStatus.Signaled, first.Status);
        }
        finally
        {
            child.Kill();
            child.WaitForExit();
        }
    }

    [Fact]
    public void A_child_waits_for_its_parents_signal_and_hears_when_the_parent_gives_up()
    {
        if (IsRefusedHere())
        {
            return;
        }

        SharedFenceTimeline timeline = SharedFenceTimeline.Create("parent");
        Fence first = timeline.Issue();
        timeline.Issue();
        using Process child = StartChild($"wait {Environment.ProcessId} {timeline.Descriptor}");
        try
        {
            Assert.Equal("waiting Pending", child.StandardOutput.ReadLine());
            timeline.Signal(first);
            Assert.Equal("Signaled", child.StandardOutput.ReadLine());
            Assert.Equal("waiting Pending", child.StandardOutput.ReadLine());
            timeline.Dispose();
            Assert.Equal("Faulted FenceAbandonedException", child.StandardOutput.ReadLine());
        }
        finally
        {
            child.Kill();
            child.WaitForExit();
            timeline.Dispose();
        }
    }

    [Fact]
    public void A_waiter_that_is_killed_does_not_disturb_the_producer()
    {
        if (IsRefusedHere())
        {
            return;
        }

        using SharedFenceTimeline timeline = SharedFenceTimeline.Create("parent");
        using SharedFenceTimeline other = OpenOwn(timeline);
        Fence first = timeline.Issue();
        timeline.Issue();
        using Process child = StartChild($"wait {Environment.ProcessId} {timeline.Descriptor}");
        Assert.Equal("waiting Pending", child.StandardOutput.ReadLine());
        child.Kill();
        child.WaitForExit();
        Assert.True(timeline.Signal(first));
        Assert.Equal(FenceStatus.Signaled, other.GetFence(1).Wait(Limit.Time));
    }

    private static bool IsRefusedHere() => LinuxOnly.IsRefused(() => SharedFenceTimeline.Create("nowhere"));

    private static SharedFenceTimeline OpenOwn(SharedFenceTimeline producer) =>
        SharedFenceTimeline.Open("theirs", Environment.ProcessId, producer.Descriptor);

    private static void Refuses(string why, SafeFileHandle memory)
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => SharedFenceTimeline.Open("peer", Environment.ProcessId, memory));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    private static void Refused(Action write)
    {
        Exception? error = Record.Exception(write);
        Assert.True(error is IOException or UnauthorizedAccessException, $"The kernel refuses; it said {error?.Message ?? "nothing"}.");
    }

    /// <summary>A peer's own memory with the right beginning, writable for the test.</summary>
    internal static MemoryMappedViewAccessor Fill(SafeFileHandle memory, int bytes)
    {
        RandomAccess.SetLength(memory, bytes);
        using MemoryMappedFile file = MemoryMappedFile.CreateFromFile(
            memory, null, bytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        MemoryMappedViewAccessor view = file.CreateViewAccessor();
        view.Write(MagicAt, 0x33_54_46_4BUL);
        return view;
    }

    /// <summary>This assembly once more, with its startup hook, which does the child's work before anything else runs.</summary>
    internal static Process StartChild(string work)
    {
        string assembly = typeof(SharedFenceTimelineTests).Assembly.Location;
        ProcessStartInfo start = new(Environment.ProcessPath is { } host && host.EndsWith("dotnet", StringComparison.Ordinal) ? host : "dotnet")
        {
            ArgumentList = { "exec", assembly },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_STARTUP_HOOKS"] = assembly;
        start.Environment[ChildProcesses.Variable] = work;
        return Process.Start(start)!;
    }
}
