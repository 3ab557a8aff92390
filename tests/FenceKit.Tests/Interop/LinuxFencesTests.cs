// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;

namespace FenceKit.Tests.Interop;

/// <summary>File descriptors as fences, and fences as file descriptors.</summary>
public sealed class LinuxFencesTests : IDisposable
{
    private readonly FenceTimeline _timeline = new("device");
    private readonly FencePool _pool = new("bridge", 2);

    public void Dispose() => _pool.Dispose();

    [Fact]
    public void An_exported_event_becomes_readable_with_the_fence_and_can_be_imported_any_number_of_times()
    {
        if (LinuxOnly.IsRefused(() => LinuxFences.ExportEvent(default)))
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
    public void An_event_that_its_owner_closed_does_not_disturb_the_signaler()
    {
        if (LinuxOnly.IsRefused(() => LinuxFences.ExportEvent(default)))
        {
            return;
        }

        Fence fence = _timeline.Issue();
        LinuxFences.ExportEvent(fence).Dispose();
        long before = FenceTimeline.CallbackFaults;
        Assert.True(_timeline.Signal(fence));
        Assert.Equal(before, FenceTimeline.CallbackFaults);
    }

    [Fact]
    public void A_descriptor_that_others_made_signals_a_fence()
    {
        using AnonymousPipeServerStream pipe = new(PipeDirection.Out);
        using SafeFileHandle end = new(pipe.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        Assert.True(_pool.TryRent(out FenceSource source));
        if (LinuxOnly.IsRefused(() => LinuxFences.ImportReadable(end, source)))
        {
            return;
        }

        using IDisposable import = LinuxFences.ImportReadable(end, source);
        Assert.False(source.Fence.IsSignaled);
        pipe.WriteByte(1);
        Assert.Equal(FenceStatus.Signaled, source.Fence.Wait(Limit.Time));
    }

    [Theory]
    [InlineData(100_000)] // no such descriptor
    [InlineData(-1)]      // none at all: poll would pass it over for ever
    public void A_descriptor_that_is_not_open_faults_the_fence(int number)
    {
        using SafeFileHandle none = new(number, ownsHandle: false);
        Assert.True(_pool.TryRent(out FenceSource source));
        if (LinuxOnly.IsRefused(() => LinuxFences.ImportReadable(none, source)))
        {
            return;
        }

        using IDisposable import = LinuxFences.ImportReadable(none, source);
        Assert.Equal(FenceStatus.Faulted, source.Fence.Wait(Limit.Time));
        Assert.IsType<IOException>(source.Fence.Error);
    }

    [Fact]
    public void A_descriptor_that_is_disposed_or_hangs_up_while_it_is_watched_faults_the_fence()
    {
        using AnonymousPipeServerStream hangsUp = new(PipeDirection.Out);
        using AnonymousPipeServerStream disposed = new(PipeDirection.Out);
        using SafeFileHandle one = new(hangsUp.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        SafeFileHandle two = new(disposed.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        Assert.True(_pool.TryRent(out FenceSource first));
        Assert.True(_pool.TryRent(out FenceSource second));
        if (LinuxOnly.IsRefused(() => LinuxFences.ImportReadable(one, first)))
        {
            return;
        }

        using IDisposable a = LinuxFences.ImportReadable(one, first);
        using IDisposable b = LinuxFences.ImportReadable(two, second);
        Assert.False(first.Fence.IsSignaled || second.Fence.IsSignaled);
        hangsUp.SafePipeHandle.Dispose();
        two.Dispose();
        Assert.Equal(FenceStatus.Faulted, first.Fence.Wait(Limit.Time));
        Assert.Equal(FenceStatus.Faulted, second.Fence.Wait(Limit.Time));
        Assert.IsType<IOException>(first.Fence.Error);
        Assert.IsType<ObjectDisposedException>(second.Fence.Error);
    }

    [Fact]
    public void With_too_few_free_descriptors_everything_throws_what_is_documented_and_works_again_with_enough()
    {
        if (LinuxOnly.IsRefused(() => LinuxFences.OpenProcess(1)))
        {
            return;
        }

        using Process child = SharedFenceTimelineTests.StartChild("descriptors");
        Assert.Equal("begin", child.StandardOutput.ReadLine());
        List<string> lines = [];
        while (child.StandardOutput.ReadLine() is { } line && line != "end")
        {
            lines.Add(line);
        }

        child.Kill();
        child.WaitForExit();
        Assert.All(lines, line => Assert.Matches("^(cold|warm) [0-9]+ [a-z]+ (ok$|System.IO.IOException: )", line));
        Assert.Equal(2 * 11 * 5, lines.Count);
        foreach (string what in (string[])["create", "export", "process", "open"])
        {
            Assert.Contains(lines, line => line.StartsWith($"warm 0 {what} System.IO.IOException", StringComparison.Ordinal));
            Assert.Contains($"warm 10 {what} ok", lines);
        }
    }

    [Fact]
    public void The_end_of_a_process_is_a_fence()
    {
        if (LinuxOnly.IsRefused(() => LinuxFences.OpenProcess(1)))
        {
            return;
        }

        using Process child = Process.Start(new ProcessStartInfo("/bin/cat") { RedirectStandardInput = true })!;
        using SafeFileHandle process = LinuxFences.OpenProcess(child.Id);
        Assert.True(_pool.TryRent(out FenceSource source));
        using IDisposable import = LinuxFences.ImportReadable(process, source);
        Assert.False(source.Fence.IsSignaled);
        child.Kill();
        Assert.Equal(FenceStatus.Signaled, source.Fence.Wait(Limit.Time));
        child.WaitForExit();
        Assert.Throws<IOException>(() => LinuxFences.OpenProcess(child.Id));
    }
}
