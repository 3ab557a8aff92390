// SPDX-License-Identifier: MIT
namespace Catalog;

// Somebody waits, with a lock held, for work that wants the lock. Here the work gets it by a limit, or is over before the lock is taken.
internal static class BadWaits
{
    public static void Run()
    {
        new JoinedThread().Run();
        new WaitedTask().Run();
        new AskedTask().Run();
        new FactoryTask().Run();
    }
}

internal sealed class JoinedThread
{
    private readonly object _gate = new();

    public void Run()
    {
        using var isDone = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            lock (_gate)
            {
            }

            isDone.Set();
        });
        thread.Start();
        isDone.Wait();
        lock (_gate)
        {
            thread.Join();
        }
    }
}

internal sealed class WaitedTask
{
    private readonly object _gate = new();

    public void Run()
    {
        using var isDone = new ManualResetEventSlim();
        using var mayEnd = new ManualResetEventSlim();
        Task task = Task.Run(() =>
        {
            lock (_gate)
            {
            }

            isDone.Set();
            mayEnd.Wait();
        });
        isDone.Wait();
        var release = new Thread(() =>
        {
            Thread.Sleep(50);
            mayEnd.Set();
        });
        release.Start();
        lock (_gate)
        {
            task.Wait();
        }
    }
}

internal sealed class AskedTask
{
    private readonly object _gate = new();

    public void Run()
    {
        using var isDone = new ManualResetEventSlim();
        using var mayEnd = new ManualResetEventSlim();
        Task<int> task = Task.Run(() =>
        {
            lock (_gate)
            {
            }

            isDone.Set();
            mayEnd.Wait();
            return 1;
        });
        isDone.Wait();
        new Thread(() =>
        {
            Thread.Sleep(50);
            mayEnd.Set();
        }).Start();
        lock (_gate)
        {
            _ = task.Result;
        }
    }
}

internal sealed class FactoryTask
{
    private readonly object _gate = new();

    public void Run()
    {
        using var isDone = new ManualResetEventSlim();
        Task task = Task.Factory.StartNew(
            () =>
            {
                lock (_gate)
                {
                }

                isDone.Set();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        isDone.Wait();
        lock (_gate)
        {
            task.Wait();
        }
    }
}
