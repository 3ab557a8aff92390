// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// Several queues of one device: a GPU with a queue for compute and one for copies, an SSD with a queue for each core. They live and die
/// together: when one of them loses the device, all of them have lost it.
/// </summary>
/// <remarks>
/// Queues of one device have nothing else in common: each has its driver, its order and its timeline, and a command of one waits for one of
/// another by depending on its fence. <b>Thread safety</b>: every member may be called from any thread at any time. <b>Blocks</b>: never.
/// </remarks>
[DebuggerDisplay("{Name,nq}: {DebuggerDisplay,nq}")]
public sealed class Device : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private IDeviceQueue[] _queues = []; // under the lock; the array itself never changes
    private Exception? _lostReason;      // under the lock
    private bool _disposed;              // written under the lock

    /// <summary>Creates a device without queues.</summary>
    /// <param name="name">Its name, for the debugger and for errors.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    public Device(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Why it is lost, as it was said first; null while it is not.</summary>
    public Exception? LostReason => Volatile.Read(ref _lostReason);

    /// <summary>How many queues it has.</summary>
    public int QueueCount => Queues().Length;

    private string DebuggerDisplay => $"{QueueCount} queues{(LostReason is null ? "" : ", lost")}";

    /// <summary>Adds a queue.</summary>
    /// <typeparam name="TCommand">What the queue takes.</typeparam>
    /// <param name="name">The name of the queue's timeline.</param>
    /// <param name="driver">Who talks to the device; it belongs to the queue from now on.</param>
    /// <param name="options">Sizes, limits and clock; null for the usual ones.</param>
    /// <returns>The queue. It ends with the device, or earlier when it is disposed by itself.</returns>
    /// <remarks>Allocates. A queue that was disposed stays in the count.</remarks>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="driver"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="DeviceLostException">The device is lost. The driver has no work; at most it was closed.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed. The driver has no work; at most it was closed.</exception>
    public DeviceQueue<TCommand> AddQueue<TCommand>(string name, DeviceDriver<TCommand> driver, DeviceQueueOptions? options = null)
    {
        ThrowIfOver(name);
        DeviceQueue<TCommand> queue = new(name, driver, options, this); // asks the driver, so not under the lock
        bool isAdded;
        _lock.EnterShielded();
        isAdded = _lostReason is null && !_disposed;
        Volatile.Write(ref _queues, isAdded ? [.. _queues, queue] : _queues);
        _lock.Exit();
        if (!isAdded)
        {
            _ = queue.DisposeAsync().AsTask(); // it is empty: only closes the driver
            ThrowIfOver(name);
        }

        return queue;
    }

    /// <summary>Gives the device up, as <see cref="DeviceQueue{TCommand}.Lose"/> of every queue.</summary>
    /// <param name="reason">What happened.</param>
    /// <returns>True for the one call that did it.</returns>
    /// <remarks>Each queue tells its own driver and then faults its own fences; one that is stuck does not hold up the others.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="reason"/> is null.</exception>
    public bool Lose(Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        _lock.EnterShielded();
        try
        {
            if (_lostReason is not null || _disposed)
            {
                return false;
            }

            Volatile.Write(ref _lostReason, reason);
        }
        finally
        {
            _lock.Exit();
        }

        foreach (IDeviceQueue queue in Queues())
        {
            queue.Lose(reason); // each comes back here, and finds that it is said already
        }

        return true;
    }

    /// <summary>
    /// Says that the lost device has stopped, as <see cref="DeviceQueue{TCommand}.ReportStopped"/> of every queue: it was reset, cut off, or its
    /// power is gone.
    /// </summary>
    /// <returns>True when something was in quarantine and is free now.</returns>
    /// <remarks>Also after the device was disposed. Callbacks of fences that are still pending may run on this thread.</remarks>
    public bool ReportStopped()
    {
        bool any = false;
        foreach (IDeviceQueue queue in Queues())
        {
            any |= queue.ReportStopped();
        }

        return any;
    }

    /// <summary>Resets every queue, as <see cref="DeviceQueue{TCommand}.TryReset"/>.</summary>
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

    /// <summary>Waits, without a thread, until everything that was submitted before, to whichever queue, is over.</summary>
    /// <param name="timeout">How long at most, for all queues together.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Something to await: false when the time ran out.</returns>
    /// <remarks>Allocates.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    public async ValueTask<bool> DrainAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        bool[] ended = await Task.WhenAll(Queues().Select(queue => queue.DrainAsync(timeout, cancellationToken).AsTask())).ConfigureAwait(false);
        return Array.TrueForAll(ended, static one => one);
    }

    /// <summary>Ends all queues at once, each as by its own <see cref="DeviceQueue{TCommand}.DisposeAsync"/>.</summary>
    /// <returns>To be awaited.</returns>
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
