// SPDX-License-Identifier: MIT
namespace Catalog;

// Somebody waits with a lock held for a signal, and whoever gives it needs the lock on the way. Here the signal has been given before.
internal static class BadSignals
{
    public static void Run()
    {
        new SlimEvent().Run();
        new SelfResetting().Run();
        new SignaledUnderLock().Run();
        new Counted().Run();
        new Completed().Run();
        new Pulsed().Run();
        new Reentered().Run();
        new ThreeParties().Run();
        new TwoSignals().Run();
    }
}

internal sealed class SlimEvent
{
    private readonly object _gate = new();
    private readonly ManualResetEventSlim _ready = new();

    public void Run()
    {
        var thread = new Thread(() =>
        {
            lock (_gate)
            {
            }

            _ready.Set();
        });
        thread.Start();
        _ready.Wait();
        lock (_gate)
        {
            _ready.Wait();
        }

        thread.Join();
    }
}

internal sealed class SelfResetting
{
    private readonly object _gate = new();
    private readonly AutoResetEvent _turn = new(false);

    public void Run()
    {
        Task signaler = Task.Run(Signal);
        signaler.Wait();
        lock (_gate)
        {
            _turn.WaitOne();
        }
    }

    private void Signal()
    {
        lock (_gate)
        {
            _turn.Set();
        }
    }
}

internal sealed class SignaledUnderLock
{
    private readonly object _gate = new();
    private readonly ManualResetEvent _loaded = new(false);

    public void Run()
    {
        Load();
        Use();
    }

    private void Load()
    {
        lock (_gate)
        {
            _loaded.Set();
        }
    }

    private void Use()
    {
        lock (_gate)
        {
            _loaded.WaitOne();
        }
    }
}

internal sealed class Counted
{
    private readonly object _gate = new();
    private readonly CountdownEvent _left = new(2);

    public void Run()
    {
        ThreadPool.QueueUserWorkItem(_ => _left.Signal());
        ThreadPool.QueueUserWorkItem(_ =>
        {
            lock (_gate)
            {
            }

            _left.Signal();
        });
        _left.Wait();
        lock (_gate)
        {
            _left.Wait();
        }
    }
}

internal sealed class Completed
{
    private readonly object _gate = new();
    private readonly TaskCompletionSource<int> _answer = new();

    public void Run()
    {
        Answer();
        lock (_gate)
        {
            _answer.Task.Wait();
        }
    }

    private void Answer()
    {
        lock (_gate)
        {
            _answer.TrySetResult(1);
        }
    }
}

internal sealed class Pulsed
{
    private readonly object _outer = new();
    private readonly object _queue = new();
    private bool _isReady;

    public void Run()
    {
        using var isPast = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            lock (_outer)
            {
            }

            isPast.Set();
            while (true)
            {
                lock (_queue)
                {
                    if (_isReady)
                    {
                        Monitor.PulseAll(_queue);
                        return;
                    }
                }

                Thread.Yield();
            }
        });
        thread.Start();
        isPast.Wait();
        lock (_outer)
        {
            lock (_queue)
            {
                _isReady = true;
                Monitor.Wait(_queue);
            }
        }

        thread.Join();
    }
}

internal sealed class Reentered
{
    private readonly object _queue = new();
    private readonly object _item = new();

    public void Run()
    {
        lock (_queue)
        {
            lock (_item)
            {
                // It enters the queue again, with the item held.
                Monitor.Wait(_queue, 1);
            }
        }
    }
}

internal sealed class ThreeParties
{
    private readonly object _waiting = new();
    private readonly object _signaling = new();
    private readonly ManualResetEventSlim _done = new();

    public void Run()
    {
        Task.Run(Signal).Wait();
        lock (_waiting)
        {
            _done.Wait();
        }

        lock (_signaling)
        {
            lock (_waiting)
            {
            }
        }
    }

    private void Signal()
    {
        lock (_signaling)
        {
            _done.Set();
        }
    }
}

// Neither signal is in a circle alone: each is given under the lock with which the other one is waited for.
internal sealed class TwoSignals
{
    private readonly object _left = new();
    private readonly object _right = new();
    private readonly ManualResetEventSlim _leftDone = new();
    private readonly ManualResetEventSlim _rightDone = new();

    public void Run()
    {
        Task.Run(() => Signal(_left, _leftDone)).Wait();
        Task.Run(() => Signal(_right, _rightDone)).Wait();
        Wait(_left, _rightDone);
        Wait(_right, _leftDone);
    }

    private static void Signal(object gate, ManualResetEventSlim done)
    {
        lock (gate)
        {
            done.Set();
        }
    }

    private static void Wait(object gate, ManualResetEventSlim done)
    {
        lock (gate)
        {
            done.Wait();
        }
    }
}
