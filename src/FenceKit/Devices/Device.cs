// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// A device with several queues: a GPU with a queue for compute and one for copies, or an SSD with a queue for each core. Losing the device
/// through one queue loses it for all of them.
/// </summary>
/// <remarks>
/// The queues share nothing else: each has its own driver, order and timeline. A command waits for a command of another queue by depending on
/// its fence. <b>Thread safety</b>: every member may be called from any thread at any time. <b>Blocks</b>: never.
/// </remarks>
[DebuggerDisplay("{Name,nq}: {DebuggerDisplay,nq}")]
public sealed class Device : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private IDeviceQueue[] _queues = []; // under the lock; copy-on-write
    private Exception? _lostReason;      // under the lock
    private bool _disposed;              // written under the lock

    /// <summary>Creates a device without queues.</summary>
    /// <param name="name">The name of the device, for the debugger and for errors.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    public Device(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>The name of the device.</summary>
    public string Name { get; }

    /// <summary>The first reason that was given for the loss of the device; null while the device is not lost.</summary>
    public Exception? LostReason => Volatile.Read(ref _lostReason);

    /// <summary>The number of queues that were added, including those that were disposed.</summary>
    public int QueueCount => Queues().Length;

    private string DebuggerDisplay => $"{QueueCount} queues{(LostReason is null ? "" : ", lost")}";

    /// <summary>Adds a queue.</summary>
    /// <typeparam name="TCommand">The type of the queue's commands.</typeparam>
    /// <param name="name">The name of the queue's timeline.</param>
    /// <param name="driver">The driver that talks to the device; the queue owns it from now on, and closes it.</param>
    /// <param name="options">Sizes, limits and clock; null for the defaults.</param>
    /// <returns>The queue. It is disposed with the device, unless it was disposed by itself before.</returns>
    /// <remarks>Allocates.</remarks>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="driver"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="DeviceLostException">The device is lost. The driver was given no command; it may have been closed.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed. The driver was given no command; it may have been closed.</exception>
    public DeviceQueue<TCommand> AddQueue<TCommand>(string name, DeviceDriver<TCommand> driver, DeviceQueueOptions? options = null)
    {
        ThrowIfOver(name);
        DeviceQueue<TCommand> queue = new(name, driver, options, this); // calls the driver, so it must not run under the lock
        bool isAdded;
        _lock.EnterShielded();
        isAdded = _lostReason is null && !_disposed;
        Volatile.Write(ref _queues, isAdded ? [.. _queues, queue] : _queues);
        _lock.Exit();
        if (!isAdded)
        {
            _ = queue.DisposeAsync().AsTask(); // the queue is empty: this only closes the driver
            ThrowIfOver(name);
        }

        return queue;
    }

    /// <summary>Declares the device lost: calls <see cref="DeviceQueue{TCommand}.Lose"/> for every queue.</summary>
    /// <param name="reason">What happened.</param>
    /// <returns>True for the first call only.</returns>
    /// <remarks>Each queue tells its own driver and then faults its own fences; a driver that is stuck does not delay the other queues.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="reason"/> is null.</exception>
    public bool Lose(Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        using (_lock.EnterShieldedScope())
        {
            if (_lostReason is not null || _disposed)
            {
                return false;
            }

            Volatile.Write(ref _lostReason, reason);
        }

        foreach (IDeviceQueue queue in Queues())
        {
            queue.Lose(reason); // calls this method again, which then returns false
        }

        return true;
    }

    /// <summary>
    /// Says that the lost device has stopped, because it was reset, disconnected or powered off: calls
    /// <see cref="DeviceQueue{TCommand}.ReportStopped"/> for every queue.
    /// </summary>
    /// <returns>True when this call released memory from quarantine.</returns>
    /// <remarks>May also be called after the device was disposed. Callbacks of fences that are still pending may run on this thread.</remarks>
    public bool ReportStopped()
    {
        bool any = false;
        foreach (IDeviceQueue queue in Queues())
        {
            any |= queue.ReportStopped();
        }

        return any;
    }

    /// <summary>Resets every queue by <see cref="DeviceQueue{TCommand}.TryReset"/>.</summary>
    /// <returns>False when a queue was lost or disposed.</returns>
    public bool TryReset()
    {
        bool all = LostReason is null;
        foreach (IDeviceQueue queue in Queues())
        {
            all &= queue.TryReset();
        }

        return all;
    }

    /// <summary>Waits, without blocking a thread, until every command that was submitted to any queue before this call has ended.</summary>
    /// <param name="timeout">The longest time to wait, for all queues together.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task whose result is false when the time ran out.</returns>
    /// <remarks>Allocates.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    public async ValueTask<bool> DrainAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        bool[] ended = await Task.WhenAll(Queues().Select(queue => queue.DrainAsync(timeout, cancellationToken).AsTask())).ConfigureAwait(false);
        return Array.TrueForAll(ended, static one => one);
    }

    /// <summary>Disposes all queues at the same time by <see cref="DeviceQueue{TCommand}.DisposeAsync"/>.</summary>
    /// <returns>A task that completes when all queues are disposed.</returns>
    public async ValueTask DisposeAsync()
    {
        _lock.EnterShielded();
        _disposed = true;
        _lock.Exit();
        await Task.WhenAll(Queues().Select(static queue => queue.DisposeAsync().AsTask())).ConfigureAwait(false);
    }

    private void ThrowIfOver(string queue)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
        if (LostReason is { } reason)
        {
            throw DeviceLostException.For(queue, reason);
        }
    }

    private IDeviceQueue[] Queues() => Volatile.Read(ref _queues);
}
