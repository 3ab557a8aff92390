// SPDX-License-Identifier: MIT
namespace FenceKit;

// Disposal of either side. Pending fences fault first; the page and the descriptors are freed when no thread uses them any longer.
public sealed partial class SharedFenceTimeline
{
    /// <summary>How long <see cref="Dispose"/> waits for the watcher thread, so that the descriptors are usually closed when it returns.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <summary>Ends this side. Pending fences of this process fault; if it is the producer, so do those of the consumers.</summary>
    /// <remarks>
    /// Callbacks of pending fences run on this thread. An interrupt (<see cref="Thread.Interrupt"/>) does not end the call; it stays pending
    /// for the thread's next wait. The background thread of a consumer closes the page and the descriptors; the call waits for it, a second
    /// at most. A second call does nothing.
    /// </remarks>
    public void Dispose()
    {
        using (_lock.EnterShieldedScope())
        {
            if (_disposed)
            {
                return;
            }

            if (_memory is not null)
            {
                PublishLocked(); // another thread may have signaled, and not published yet
            }

            Volatile.Write(ref _disposed, true); // pairs with the reads by the watcher, and those under the lock
            if (_memory is null)
            {
                LinuxNative.FutexWakeAll(_words.AddressOf(TurnAt)); // wakes the watcher of this side
            }
            else
            {
                Volatile.Write(ref _words.Int(EndedAt), 1);
                WakeConsumers();
            }
        }

        _local.Poison(new FenceAbandonedException($"The shared timeline '{Name}' was disposed."));
        _local.Dispose();
        Leave();
        if (_watcher is not null && _watcher != Thread.CurrentThread)
        {
            InterruptShield.Run(_watcher, static watcher => watcher.Join(s_patience));
        }
    }

    /// <summary>Called by each user of the page after its last access; the last one frees it.</summary>
    private void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _peer?.Dispose();
            _memory?.Dispose();
            _words.Dispose();
        }
    }
}
