// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>A thread that runs a delegate when it is woken. Several calls of <see cref="Wake"/> before it starts cause one run.</summary>
internal sealed class DeviceThread
{
    private readonly object _lock = new();
    private readonly Action _work;
    private bool _isWoken; // both under the lock
    private bool _isEnding;

    internal DeviceThread(string name, Action work)
    {
        _work = work;
        Thread thread = new(Run) { IsBackground = true, Name = name };
        thread.UnsafeStart();
    }

    /// <summary>Wakes the thread. Never blocks, never allocates.</summary>
    internal void Wake()
    {
        InterruptShield.EnterShielded(_lock);
        _isWoken = true;
        Monitor.Pulse(_lock);
        Monitor.Exit(_lock);
    }

    /// <summary>Lets the thread end after the run that is under way, and after one more if it was woken. Does not wait for it.</summary>
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

    /// <summary>A callback may have captured this thread and interrupted it. The interrupt has no meaning here, and is dropped.</summary>
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
