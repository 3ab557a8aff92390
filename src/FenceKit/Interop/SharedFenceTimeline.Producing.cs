// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// The producer's side. The local timeline decides on the outcome of each point; it is published to the consumers in the same order.
public sealed partial class SharedFenceTimeline
{
    // The texts of errors, built before the lock is taken, because Exception.Message may be user code.
    private static readonly ConditionalWeakTable<Exception, string> s_texts = [];

    private ulong _published;       // under the lock: the last published point; not read from the page, which others may have written to
    private ulong _faultsPublished; // under the lock: the number of published faults; likewise

    /// <summary>Issues the next point. Producer only.</summary>
    /// <returns>The fence; the other processes refer to it by its <see cref="Fence.Point"/>.</returns>
    /// <exception cref="InvalidOperationException">This process is a consumer.</exception>
    /// <exception cref="ObjectDisposedException">Disposed.</exception>
    public Fence Issue()
    {
        CheckProducer();
        using InterruptShield.ShieldedScope scope = _lock.EnterShieldedScope();
        ObjectDisposedException.ThrowIf(_disposed, this);
        Fence fence = _local.Issue();
        Volatile.Write(ref _words.Long(IssuedAt), fence.Point); // before the caller can tell another process of the point
        return fence;
    }

    /// <summary>Completes every point up to a fence, in all processes. Producer only.</summary>
    /// <param name="fence">A fence of this timeline.</param>
    /// <returns>True if this call moved the counter.</returns>
    /// <remarks>One system call wakes the consumers.</remarks>
    /// <exception cref="InvalidOperationException">This process is a consumer.</exception>
    /// <exception cref="ArgumentException">The fence belongs to another timeline.</exception>
    public bool Signal(Fence fence)
    {
        CheckProducer();
        return _local.Signal(fence) && Publish();
    }

    /// <summary>Completes every point up to a fence with an error, in all processes: all of them fault. Producer only.</summary>
    /// <param name="fence">A fence of this timeline.</param>
    /// <param name="error">The error. Waiters of this process get this object.</param>
    /// <returns>True if this call moved the counter.</returns>
    /// <remarks>
    /// Waiters of other processes get a <see cref="SharedFenceFaultException"/> with the type, the beginning of the message (some 200 bytes)
    /// and the <see cref="Exception.HResult"/> of the error. A consumer that falls more than 16 faults behind reports
    /// <see cref="FenceStatus.Retired"/>, never success. One system call wakes the consumers. Allocates.
    /// </remarks>
    /// <exception cref="InvalidOperationException">This process is a consumer.</exception>
    /// <exception cref="ArgumentException">The fence belongs to another timeline.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public bool Signal(Fence fence, Exception error)
    {
        CheckProducer();
        ArgumentNullException.ThrowIfNull(error);
        s_texts.AddOrUpdate(error, TextOf(error));
        return _local.Signal(fence, error) && Publish();
    }

    /// <summary>Publishes the state of the local timeline, which may be ahead of the point that the caller has signaled.</summary>
    /// <returns>True.</returns>
    private bool Publish()
    {
        using (_lock.EnterShieldedScope())
        {
            PublishLocked();
        }

        return true;
    }

    private void PublishLocked()
    {
        ulong completed = Math.Min(_local.Completed, _local.Issued);
        if (_disposed || completed <= _published)
        {
            return;
        }

        if (_local.HasFaulted)
        {
            PublishFaultsLocked(_published + 1, completed);
        }

        _published = completed;
        Volatile.Write(ref _words.Long(CompletedAt), completed); // after the faults: a watcher that sees the points complete finds their faults
        WakeConsumers();
    }

    private void PublishFaultsLocked(ulong from, ulong to)
    {
        for (ulong point = from; point <= to; point++)
        {
            FenceStatus status = OutcomeOf(point, out Exception? error);
            if (status == FenceStatus.Signaled)
            {
                continue;
            }

            ulong first = point;
            while (point < to && OutcomeOf(point + 1, out Exception? next) == status && ReferenceEquals(next, error))
            {
                point++;
            }

            string? text = error is null ? null : s_texts.TryGetValue(error, out string? known) ? known : error.GetType().ToString();
            _faults.Write(_faultsPublished++, new SharedFaults.Fault(first, point, error?.HResult ?? 0, text));
        }
    }

    private FenceStatus OutcomeOf(ulong point, out Exception? error) => _local.GetOutcome(TimelineState.TargetOf(point), out error);

    private void WakeConsumers()
    {
        Interlocked.Increment(ref _words.Int(TurnAt)); // after the stores to the page: a watcher that sees the new turn sees them
        LinuxNative.FutexWakeAll(_words.AddressOf(TurnAt));
    }

    private void CheckProducer()
    {
        if (_memory is null)
        {
            throw new InvalidOperationException($"The shared timeline '{Name}' is produced by another process.");
        }
    }

    private static string TextOf(Exception error)
    {
        try
        {
            return $"{error.GetType()}: {error.Message}";
        }
        catch (Exception)
        {
            return error.GetType().ToString(); // Message has thrown
        }
    }
}
