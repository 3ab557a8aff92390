// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace FenceKit.Tests.Interop;

/// <summary>File descriptors and shared memory. Elsewhere than on Linux all of it says that it is not supported, and that is tested too.</summary>
public sealed class LinuxFencesTests : IDisposable
{
    private readonly FenceTimeline _timeline = new("device");
    private readonly FencePool _pool = new("bridge", 2);
    private readonly string _path = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"fencekit-{Guid.NewGuid():N}");

    public void Dispose()
    {
        _pool.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public void Where_it_is_not_supported_it_says_so()
    {
        if (LinuxFences.IsSupported)
        {
            return;
        }

        Assert.Throws<PlatformNotSupportedException>(() => LinuxFences.ExportEvent(default));
        Assert.Throws<PlatformNotSupportedException>(() => SharedFenceTimeline.Create(_path));
    }

    [Fact]
    public void An_exported_event_becomes_readable_with_the_fence_and_can_be_imported_any_number_of_times()
    {
        if (!LinuxFences.IsSupported)
        {
            return;
        }

        Assert.True(_pool.TryRent(out FenceSource first));
        Assert.True(_pool.TryRent(out FenceSource second));
        Fence fence = _timeline.Issue();
        using SafeFileHandle descriptor = LinuxFences.ExportEvent(fence);
        using IDisposable a = LinuxFences.ImportReadable(descriptor, first);
        using IDisposable b = LinuxFences.ImportReadable(descriptor, second);
        Assert.False(LinuxNative.WaitReadable(descriptor, 0));
        Assert.False(first.Fence.IsSignaled || second.Fence.IsSignaled);

        _timeline.Signal(fence);

        Assert.Equal(FenceStatus.Signaled, first.Fence.Wait(Limit.Time));
        Assert.Equal(FenceStatus.Signaled, second.Fence.Wait(Limit.Time));
        using SafeFileHandle late = LinuxFences.ExportEvent(fence);
        Assert.True(LinuxNative.WaitReadable(late, 0));
    }

    [Fact]
    public void A_timeline_in_shared_memory_is_seen_through_a_second_mapping()
    {
        if (!LinuxFences.IsSupported)
        {
            return;
        }

        using SharedFenceTimeline producer = SharedFenceTimeline.Create(_path);
        using SharedFenceTimeline consumer = SharedFenceTimeline.Open(_path, Environment.ProcessId);
        Assert.Throws<ArgumentOutOfRangeException>("point", () => consumer.GetFence(1));
        Assert.Throws<InvalidOperationException>(() => consumer.Issue());
        for (ulong point = 1; point <= 100; point++)
        {
            Fence mine = producer.Issue();
            Fence theirs = consumer.GetFence(point);
            Assert.False(theirs.IsSignaled);
            Assert.True(producer.Signal(mine));
            Assert.Equal(FenceStatus.Signaled, theirs.Wait(Limit.Time));
        }

        Fence pending = consumer.GetFence(producer.Issue().Point);
        consumer.Dispose();
        Assert.Equal(FenceStatus.Faulted, pending.Status);
    }

    [Fact]
    public void A_peer_that_writes_nonsense_ends_the_timeline_with_an_error()
    {
        if (!LinuxFences.IsSupported)
        {
            return;
        }

        using SharedFenceTimeline producer = SharedFenceTimeline.Create(_path);
        using SharedFenceTimeline consumer = SharedFenceTimeline.Open(_path, Environment.ProcessId);
        Fence fence = consumer.GetFence(producer.Issue().Point);
        using (FileStream peer = new(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            peer.Position = 128;
            peer.Write(BitConverter.GetBytes(ulong.MaxValue));
        }

        Assert.Equal(FenceStatus.Faulted, fence.Wait(Limit.Time));
        Assert.IsType<InvalidDataException>(fence.Error);
    }

    [Fact]
    public void A_file_that_is_no_shared_timeline_is_refused()
    {
        if (!LinuxFences.IsSupported)
        {
            return;
        }

        File.WriteAllBytes(_path, new byte[16]);
        Assert.Throws<InvalidDataException>(() => SharedFenceTimeline.Open(_path, Environment.ProcessId));
        File.WriteAllBytes(_path, new byte[8192]);
        Assert.Throws<InvalidDataException>(() => SharedFenceTimeline.Open(_path, Environment.ProcessId));
        Assert.Throws<IOException>(() => SharedFenceTimeline.Create(_path));
    }

    [Fact]
    public void A_child_that_signals_is_heard_and_one_that_is_killed_while_it_owes_a_signal_faults_its_fences()
    {
        if (!LinuxFences.IsSupported)
        {
            return;
        }

        using Process child = StartChild();
        try
        {
            Assert.Equal("issued", child.StandardOutput.ReadLine());
            using SharedFenceTimeline timeline = SharedFenceTimeline.Open(_path, child.Id);
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

    /// <summary>This assembly once more, with its startup hook, which does the child's work before anything else runs.</summary>
    private Process StartChild()
    {
        string assembly = typeof(LinuxFencesTests).Assembly.Location;
        ProcessStartInfo start = new(Environment.ProcessPath is { } host && host.EndsWith("dotnet", StringComparison.Ordinal) ? host : "dotnet")
        {
            ArgumentList = { "exec", assembly },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_STARTUP_HOOKS"] = assembly;
        start.Environment[ChildProducer.Variable] = _path;
        return Process.Start(start)!;
    }
}
