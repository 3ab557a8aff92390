// SPDX-License-Identifier: MIT
using Microsoft.Win32.SafeHandles;

namespace FenceKit;

/// <summary>Fences as Linux file descriptors, and file descriptors as fences.</summary>
/// <remarks>
/// What no validator sees (docs/contract.md, K1 to K3): touch pages that this process must bring from native code only; the thread that
/// submits to an io_uring never discards memory that a monitor watches; close the descriptor of a monitor before the monitor ends.
/// </remarks>
public static class LinuxFences
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether this process runs where these bridges exist.</summary>
    public static bool IsSupported => LinuxNative.IsSupported;

    /// <summary>An eventfd that becomes readable when the fence is complete, with whatever outcome, and stays so.</summary>
    /// <param name="fence">The fence.</param>
    /// <returns>The descriptor, for poll and epoll by any number of threads and processes. Do not read from it; dispose it.</returns>
    /// <remarks>
    /// Made before the callback, because making it can fail and signaling must not. A signal costs one system call. Keep the handle as long
    /// as anybody polls, also through a duplicate: when it is disposed or dropped nobody signals it, and nothing of it stays with the fence.
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

    /// <summary>Signals a fence when a descriptor becomes readable: an eventfd, a sync_file, a pidfd, a timerfd.</summary>
    /// <param name="descriptor">The descriptor; it stays the caller's and must stay open until the fence is complete.</param>
    /// <param name="source">The producer's side of the fence.</param>
    /// <returns>Ends the bridge when disposed; the fence is then still to be signaled by the caller.</returns>
    /// <remarks>
    /// Allocates, and keeps one background thread for each import until it ends. The fence faults, with <see cref="IOException"/> or
    /// <see cref="ObjectDisposedException"/>, when the descriptor can never become readable: it is not open, was closed, is in error, or its
    /// other end was closed with nothing left to read.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="descriptor"/> is null.</exception>
    /// <exception cref="IOException">No thread can be started, or hardly any descriptor is left.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x86-64 or arm64.</exception>
    public static IDisposable ImportReadable(SafeFileHandle descriptor, FenceSource source)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        ThrowIfNotSupported();
        Import import = new(descriptor, source);
        Start(new Thread(import.Run) { IsBackground = true, Name = "FenceKit descriptor" });
        return import;
    }

    /// <summary>A descriptor of another process that becomes readable when the process ends: import it to have a fence.</summary>
    /// <param name="processId">The process.</param>
    /// <returns>The descriptor; dispose it.</returns>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x86-64 or arm64.</exception>
    /// <exception cref="IOException">There is no such process, or no descriptor is left.</exception>
    public static SafeFileHandle OpenProcess(int processId)
    {
        ThrowIfNotSupported();
        return LinuxNative.OpenProcess(processId);
    }

    /// <summary>Starting a thread needs descriptors too; the runtime calls it a lack of memory when there are none.</summary>
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

    /// <summary>The first step of every member here, and of shared timelines.</summary>
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
                // The owner closed it: nobody polls it any more.
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
                source.TrySignal(exception); // nobody will hear of the descriptor: the waiter must not wait for it
            }
        }
    }
}
