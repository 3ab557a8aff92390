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
