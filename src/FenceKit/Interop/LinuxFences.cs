// SPDX-License-Identifier: MIT
using Microsoft.Win32.SafeHandles;

namespace FenceKit;

/// <summary>Conversions of fences to Linux file descriptors, and of file descriptors to fences.</summary>
/// <remarks>
/// Rules that the validator cannot check (docs/contract.md, K1 to K3): pages that this process itself must supply are touched only by native
/// code; the thread that submits to an io_uring never discards memory that a monitor watches; the descriptor of a monitor is closed before
/// the monitor ends.
/// </remarks>
public static class LinuxFences
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether the platform supports these conversions.</summary>
    public static bool IsSupported => LinuxNative.IsSupported;

    /// <summary>Creates an eventfd that becomes readable when the fence is complete, with any outcome, and stays readable.</summary>
    /// <param name="fence">The fence.</param>
    /// <returns>The descriptor, which the caller disposes. Any number of threads and processes may poll it; nobody may read from it.</returns>
    /// <remarks>
    /// The signal costs one system call. Keep the handle as long as the descriptor, or a duplicate of it, is polled: after the handle is
    /// disposed or collected the descriptor is not signaled.
    /// </remarks>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x86-64 or arm64.</exception>
    /// <exception cref="IOException">No descriptor is left.</exception>
    public static SafeFileHandle ExportEvent(Fence fence)
    {
        ThrowIfNotSupported();
        SafeFileHandle descriptor = LinuxNative.CreateEvent();
        EventCallback callback = new(fence, descriptor);
        if (!fence.TryAddCallback(callback))
        {
            LinuxNative.TryWriteEvent(descriptor);
            BridgeCallback.Release(callback.Reference);
        }
        else
        {
            BridgeLifeline.Tie(descriptor, callback);
        }

        return descriptor;
    }

    /// <summary>Signals a fence when a descriptor becomes readable, for instance an eventfd, a sync_file, a pidfd or a timerfd.</summary>
    /// <param name="descriptor">The descriptor. The caller keeps owning it, and must keep it open until the fence is complete.</param>
    /// <param name="source">The producer's side of the fence.</param>
    /// <returns>The registration. If the caller disposes it, the caller must signal the fence.</returns>
    /// <remarks>
    /// Allocates, and uses one background thread for each import until it ends. The fence faults, with <see cref="IOException"/> or
    /// <see cref="ObjectDisposedException"/>, when the descriptor can no longer become readable: it is not open, was closed, is in an error
    /// state, or its other end was closed and nothing is left to read.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="descriptor"/> is null.</exception>
    /// <exception cref="IOException">No thread could be started, or too few descriptors are left.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x86-64 or arm64.</exception>
    public static IDisposable ImportReadable(SafeFileHandle descriptor, FenceSource source)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        ThrowIfNotSupported();
        Import import = new(descriptor, source);
        Start(new Thread(import.Run) { IsBackground = true, Name = "FenceKit descriptor" });
        return import;
    }

    /// <summary>Opens a descriptor (a pidfd) that becomes readable when another process ends. Import it to get a fence.</summary>
    /// <param name="processId">The id of the process.</param>
    /// <returns>The descriptor, which the caller disposes.</returns>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x86-64 or arm64.</exception>
    /// <exception cref="IOException">There is no such process, or no descriptor is left.</exception>
    public static SafeFileHandle OpenProcess(int processId)
    {
        ThrowIfNotSupported();
        return LinuxNative.OpenProcess(processId);
    }

    /// <summary>Starts a thread. That needs descriptors too; if none is left, the runtime throws OutOfMemoryException.</summary>
    internal static void Start(Thread thread)
    {
        try
        {
            thread.Start();
        }
        catch (OutOfMemoryException exception)
        {
            throw new IOException("A thread could not be started: no descriptor, thread or memory is left.", exception);
        }
    }

    /// <summary>Called first by every member of this class and of <see cref="SharedFenceTimeline"/>.</summary>
    internal static void ThrowIfNotSupported()
    {
        if (!IsSupported)
        {
            throw new PlatformNotSupportedException("Fences as file descriptors and shared timelines need Linux on x86-64 or arm64.");
        }

        LinuxDescriptors.Ensure();
    }

    private sealed class EventCallback(Fence fence, SafeFileHandle descriptor) : BridgeCallback<SafeFileHandle>(fence, descriptor)
    {
        protected override void OnSignaled(FenceStatus status, Exception? fault)
        {
            try
            {
                if (User is { } descriptor && !LinuxNative.TryWriteEvent(descriptor))
                {
                    throw LinuxNative.Failed("Writing to the eventfd of a fence"); // reported as a fault of this callback
                }
            }
            catch (ObjectDisposedException)
            {
                // The descriptor was disposed, so nobody polls it.
            }
        }
    }

    private sealed class Import(SafeFileHandle descriptor, FenceSource source) : IDisposable
    {
        private int _ended;

        public void Dispose() => Volatile.Write(ref _ended, 1);

        internal void Run()
        {
            try
            {
                while (Volatile.Read(ref _ended) == 0)
                {
                    if (LinuxNative.WaitReadable(descriptor, (int)s_look.TotalMilliseconds))
                    {
                        source.TrySignal();
                        return;
                    }
                }
            }
            catch (Exception exception)
            {
                source.TrySignal(exception); // the descriptor can no longer signal the fence
            }
        }
    }
}
