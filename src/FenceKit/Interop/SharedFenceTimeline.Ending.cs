// SPDX-License-Identifier: MIT
namespace FenceKit;

// How either side ends. What is waited for ends first; the page and the descriptors go when nobody looks at them any more.
public sealed partial class SharedFenceTimeline
{
    /// <summary>How long <see cref="Dispose"/> waits for its thread, so that as a rule the descriptors are closed when it returns.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <summary>Ends this side. Pending fences of this process fault; if it is the producer, so do those of the others.</summary>
    /// <remarks>
    /// Callbacks of pending fences run on this thread. An interrupt (<see cref="Thread.Interrupt"/>) does not cut it short; it stays for the
    /// thread's next wait. A consumer's page and descriptors are closed by its background thread, for which this waits a second at most.
    /// A second call does nothing.
    /// </remarks>
    public void Dispose()
    {
        _lock.EnterShielded();
        try
        {
            if (_disposed)
            {
                return;
            }

            if (_memory is not null)
            {
                PublishLocked(); // what was signaled on another thread and is not published yet
            }

            Volatile.Write(ref _disposed, true); // pairs with the looks of the watcher, and with those under the lock
            if (_memory is null)
            {
                LinuxNative.FutexWakeAll(_words.AddressOf(TurnAt)); // our own watcher
            }
            else
            {
                Volatile.Write(ref _words.Int(EndedAt), 1);
                TellOthers();
            }
        }
        finally
        {
            _lock.Exit();
        }

        _local.Poison(new FenceAbandonedException($"The shared timeline '{Name}' was disposed."));
        _local.Dispose();
        Leave();
        if (_watcher is not null && _watcher != Thread.CurrentThread)
        {
            InterruptShield.Run(_watcher, static watcher => watcher.Join(s_patience));
        }
    }

    /// <summary>The last touch of the page by one of its users.</summary>
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
