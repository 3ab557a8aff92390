// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>A thread that does one thing whenever it is woken, once for any number of wakes that came before it looked.</summary>
internal sealed class DeviceThread
{
    private readonly object _lock = new();
    private readonly Action _work;
    private bool _isWoken; // under the lock, like the other
    private bool _isEnding;

    internal DeviceThread(string name, Action work)
    {
        _work = work;
        Thread thread = new(Run) { IsBackground = true, Name = name };
        thread.UnsafeStart();
    }

    /// <summary>Wakes the thread; may be called from anywhere. Never blocks, never allocates.</summary>
    internal void Wake()
    {
        InterruptShield.EnterShielded(_lock);
        _isWoken = true;
        Monitor.Pulse(_lock);
        Monitor.Exit(_lock);
    }

    /// <summary>Ends the thread after what it is doing, and after the work that it was woken for. Does not wait for it.</summary>
    internal void End()
    {
        InterruptShield.EnterShielded(_lock);
        _isEnding = true;
        Monitor.Pulse(_lock);
        Monitor.Exit(_lock);
    }

    private void Run()
    {
        while (TryWait())
        {
            _work();
        }
    }

    private bool TryWait()
    {
        InterruptShield.EnterShielded(_lock);
        try
        {
            while (!_isWoken && !_isEnding)
            {
                Sleep();
            }

            bool hasWork = _isWoken;
            _isWoken = false;
            return hasWork;
        }
        finally
        {
            Monitor.Exit(_lock);
        }
    }

    /// <summary>Somebody may have got hold of this thread in a callback. Nobody waits here for an interrupt, so it is dropped.</summary>
    private void Sleep()
    {
        try
        {
            Monitor.Wait(_lock);
        }
        catch (ThreadInterruptedException)
        {
        }
    }
}
