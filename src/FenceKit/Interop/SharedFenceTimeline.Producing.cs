// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// The producer's side. The local timeline decides: what it says of a point is what the others are told, in the order in which it said it.
public sealed partial class SharedFenceTimeline
{
    // Made before the lock is taken, because an exception's message is its user's code.
    private static readonly ConditionalWeakTable<Exception, string> s_texts = [];

    private ulong _published;       // under the lock: what the others know. Not read back from the page, which others might have written to
    private ulong _faultsPublished; // under the lock: likewise

    /// <summary>Hands out the next point. Producer only.</summary>
    /// <returns>The fence; the other processes know it by its <see cref="Fence.Point"/>.</returns>
    /// <exception cref="InvalidOperationException">This process is a consumer.</exception>
    /// <exception cref="ObjectDisposedException">Disposed.</exception>
    public Fence Issue()
    {
        CheckProducer();
        _lock.EnterShielded();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Fence fence = _local.Issue();
            Volatile.Write(ref _words.Long(IssuedAt), fence.Point); // before anybody can hear of the point from us
            return fence;
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <summary>Completes every point up to a fence, in all processes. Producer only.</summary>
    /// <param name="fence">A fence of this timeline.</param>
    /// <returns>True for the call that moved the counter.</returns>
    /// <remarks>One system call wakes the others.</remarks>
    /// <exception cref="InvalidOperationException">This process is a consumer.</exception>
    /// <exception cref="ArgumentException">The fence is of another timeline.</exception>
    public bool Signal(Fence fence)
    {
        CheckProducer();
        return _local.Signal(fence) && Publish();
    }

    /// <summary>Completes every point up to a fence with an error, in all processes: all of them fault. Producer only.</summary>
    /// <param name="fence">A fence of this timeline.</param>
    /// <param name="error">What went wrong. Waiters of this process get this object.</param>
    /// <returns>True for the call that moved the counter.</returns>
    /// <remarks>
    /// Waiters of other processes get a <see cref="SharedFenceFaultException"/> with the type, the beginning of the message (some 200 bytes)
    /// and the <see cref="Exception.HResult"/> of the error. One that falls more than 16 faults behind is told
    /// <see cref="FenceStatus.Retired"/>, never that the point succeeded. One system call wakes the others. Allocates.
    /// </remarks>
    /// <exception cref="InvalidOperationException">This process is a consumer.</exception>
    /// <exception cref="ArgumentException">The fence is of another timeline.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public bool Signal(Fence fence, Exception error)
    {
        CheckProducer();
        ArgumentNullException.ThrowIfNull(error);
        s_texts.AddOrUpdate(error, TextOf(error));
        return _local.Signal(fence, error) && Publish();
    }

    /// <summary>Tells the others what the local timeline knows by now, which may be more than the caller has signaled.</summary>
    /// <returns>True.</returns>
    private bool Publish()
    {
        _lock.EnterShielded();
        try
        {
            PublishLocked();
        }
        finally
        {
            _lock.Exit();
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
        Volatile.Write(ref _words.Long(CompletedAt), completed); // after the faults: a watcher that sees the points complete finds what became of them
        TellOthers();
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

    private void TellOthers()
    {
        Interlocked.Increment(ref _words.Int(TurnAt)); // after what is to be told: a watcher that sees the turn sees it
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
            return error.GetType().ToString(); // a Message that throws
        }
    }
}
