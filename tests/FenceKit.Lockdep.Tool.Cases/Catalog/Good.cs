// SPDX-License-Identifier: MIT
namespace Catalog;

// What looks like the bad ones, and cannot hang.
internal static class Good
{
    private static readonly object s_outer = new();
    private static readonly object s_inner = new();
    private static readonly object s_guard = new();
    private static readonly object s_left = new();
    private static readonly object s_right = new();

    public static void Run()
    {
        Order();
        Guard();
        Limits();
        Recursion();
        Delegates();
        Unregistered();
        Published();
        Signals();
        Given();
        TasksThatHaveEnded();
        Moved();
    }

    public static async Task RunAsync()
    {
        var first = new SemaphoreSlim(1, 1);
        var second = new SemaphoreSlim(1, 1);
        using var isDone = new ManualResetEventSlim();
        await first.WaitAsync();
        _ = Task.Run(async () =>
        {
            // Nobody waits for it, so what is held where it was started says nothing.
            await second.WaitAsync();
            second.Release();
            isDone.Set();
        });
        first.Release();
        isDone.Wait();
        await second.WaitAsync();
        await first.WaitAsync();
        first.Release();
        await Task.Run(() => second.Release()); // somebody else gives it back
        await second.WaitAsync();
        second.Release();
    }

    private static void Order()
    {
        for (int i = 0; i < 2; i++)
        {
            lock (s_outer)
            {
                lock (s_inner)
                {
                }
            }
        }
    }

    private static void Guard()
    {
        lock (s_guard)
        {
            lock (s_left)
            {
                lock (s_right)
                {
                }
            }
        }

        lock (s_guard)
        {
            lock (s_right)
            {
                lock (s_left)
                {
                }
            }
        }
    }

    private static void Limits()
    {
        object one = new(), two = new();
        lock (one)
        {
            lock (two)
            {
            }
        }

        lock (two)
        {
            if (Monitor.TryEnter(one, 10))
            {
                Monitor.Exit(one);
            }

            if (Monitor.TryEnter(one))
            {
                Monitor.Exit(one);
            }
        }
    }

    private static void Recursion()
    {
        object one = new();
        var two = new Lock();
        var three = new ReaderWriterLockSlim(LockRecursionPolicy.SupportsRecursion);
        lock (one)
        {
            lock (one)
            {
                lock (two)
                {
                    lock (two)
                    {
                    }
                }
            }
        }

        three.EnterWriteLock();
        three.EnterWriteLock();
        three.EnterReadLock();
        three.ExitReadLock();
        three.ExitWriteLock();
        three.ExitWriteLock();
    }

    private static void Delegates()
    {
        var table = new ReaderWriterLockSlim();
        Action leave = table.ExitReadLock;
        object row = new();
        table.EnterReadLock();
        leave();
        lock (row)
        {
            table.EnterWriteLock();
            table.ExitWriteLock();
        }

        table.EnterReadLock();
        leave();
        lock (row)
        {
        }
    }

    private static void Unregistered()
    {
        object gate = new();
        using var source = new CancellationTokenSource();
        CancellationTokenRegistration registration = source.Token.Register(() =>
        {
            lock (gate)
            {
            }
        });
        source.Cancel();
        lock (gate)
        {
            registration.Unregister(); // does not wait
        }
    }

    private static void Published()
    {
        object gate = new();
        Func<int> make = () =>
        {
            lock (gate)
            {
                return 1;
            }
        };
        _ = new Lazy<int>(make, LazyThreadSafetyMode.PublicationOnly).Value;
        lock (gate)
        {
            _ = new Lazy<int>(make, LazyThreadSafetyMode.PublicationOnly).Value;
        }
    }

    private static void Signals()
    {
        var signal = new SemaphoreSlim(0);
        object gate = new();
        lock (gate)
        {
            signal.Release();
        }

        signal.Wait();
        lock (gate)
        {
        }

        lock (gate)
        {
            signal.Release();
            signal.Wait();
        }
    }

    // Released by somebody who has not got it: a signal from then on, whoever takes it.
    private static void Given()
    {
        var turn = new SemaphoreSlim(1, 2);
        object gate = new();
        turn.Release();
        lock (gate)
        {
            turn.Wait();
        }

        turn.Release();
        turn.Wait();
        lock (gate)
        {
        }

        turn.Release();
    }

    private static void TasksThatHaveEnded()
    {
        object gate = new();
        Task<int> task = Task.Run(() =>
        {
            lock (gate)
            {
                return 1;
            }
        });
        task.Wait();
        lock (gate)
        {
            _ = task.Result; // it has ended: nobody waits
        }
    }

    private static void Moved()
    {
        var permit = new SemaphoreSlim(1, 1);
        object gate = new();
        permit.Wait();
        var thread = new Thread(() => permit.Release());
        thread.Start();
        thread.Join();
        lock (gate)
        {
            permit.Wait();
            permit.Release();
        }
    }
}
