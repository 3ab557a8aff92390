// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Catalog;

// More ways to wait for work, and more ways to hand a semaphore on.
internal static class BadTasks
{
    public static async Task RunAsync()
    {
        new AllTasks().Run();
        new AnyCount().Run();
        new ResultAfterEnd().Run();
        await new AsyncMethod().RunAsync();
        await new ValueFlow().RunAsync();
        await new PooledFlow().RunAsync();
        await new Signaled().RunAsync();
        new Forgotten().Run();
        new Keyed().Run();
        new Links().Run();
    }
}

internal sealed class AllTasks
{
    private readonly object _gate = new();

    public void Run()
    {
        Task one = Task.Run(Work), two = Task.Run(static () => { });
        while (!one.IsCompleted || !two.IsCompleted)
        {
            Thread.Yield();
        }

        lock (_gate)
        {
            Task.WaitAll(one, two);
        }
    }

    private void Work()
    {
        lock (_gate)
        {
        }
    }
}

internal sealed class AnyCount
{
    private readonly object _gate = new();

    public void Run()
    {
        Task[] all = [Task.Run(Work), Task.Run(Work)];
        while (!Array.TrueForAll(all, static task => task.IsCompleted))
        {
            Thread.Yield();
        }

        lock (_gate)
        {
            Task.WhenAll(all).Wait();
        }
    }

    private void Work()
    {
        lock (_gate)
        {
        }
    }
}

internal sealed class ResultAfterEnd
{
    private readonly object _gate = new();

    public void Run()
    {
        using var isDone = new ManualResetEventSlim();
        Task<int> task = Task.Run(() =>
        {
            lock (_gate)
            {
            }

            isDone.Set();
            return 1;
        });
        isDone.Wait();
        lock (_gate)
        {
            _ = task.GetAwaiter().GetResult();
        }
    }
}

internal sealed class AsyncMethod
{
    private readonly object _gate = new();

    public async Task RunAsync()
    {
        await WorkAsync();
        Task again = WorkAsync();
        while (!again.IsCompleted)
        {
            await Task.Yield();
        }

        Block(again);
    }

    private void Block(Task task)
    {
        lock (_gate)
        {
            task.Wait();
        }
    }

    private async Task WorkAsync()
    {
        await Task.Yield();
        lock (_gate)
        {
        }
    }
}

internal sealed class ValueFlow
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly SemaphoreSlim _two = new(1, 1);

    public async Task RunAsync()
    {
        using (await LockOneAsync())
        {
            using (await LockTwoAsync().ConfigureAwait(false))
            {
            }
        }

        using (await LockTwoAsync())
        {
            using (await LockOneAsync())
            {
            }
        }
    }

    private async ValueTask<IDisposable> LockOneAsync()
    {
        await _one.WaitAsync();
        return new Releaser(_one);
    }

    private async ValueTask<IDisposable> LockTwoAsync()
    {
        await _two.WaitAsync().ConfigureAwait(false);
        await Task.Yield();
        return new Releaser(_two);
    }
}

internal sealed class PooledFlow
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly SemaphoreSlim _two = new(1, 1);

    public async Task RunAsync()
    {
        await LockAsync(_one);
        await LockAsync(_two);
        _two.Release();
        _one.Release();
        await LockLaterAsync();
        await _one.WaitAsync();
        _one.Release();
        _two.Release();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask LockAsync(SemaphoreSlim semaphore) => await semaphore.WaitAsync();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask LockLaterAsync()
    {
        await _two.WaitAsync();
        await Task.Yield();
    }
}

internal sealed class Signaled
{
    private readonly SemaphoreSlim _door = new(1, 1);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task RunAsync()
    {
        await OpenAsync();
        await _door.WaitAsync();
        await _open.Task;
        _door.Release();
    }

    private async Task OpenAsync()
    {
        await _door.WaitAsync();
        _open.SetResult();
        _door.Release();
    }
}

// Work that nobody waits for, started with a lock held that has nothing to do with it.
internal sealed class Forgotten
{
    private readonly object _starting = new();
    private readonly object _one = new();
    private readonly object _two = new();

    public void Run()
    {
        using var isDone = new ManualResetEventSlim();
        lock (_starting)
        {
            _ = Task.Run(() =>
            {
                lock (_one)
                {
                    lock (_two)
                    {
                    }
                }

                isDone.Set();
            });
        }

        isDone.Wait();
        lock (_two)
        {
            lock (_one)
            {
            }
        }
    }
}

internal sealed class Keyed
{
    private readonly Dictionary<string, object> _byKey = [];
    private readonly object[] _stripes = [new(), new()];

    public void Run()
    {
        _byKey["a"] = new object();
        lock (_byKey["a"])
        {
            lock (_stripes[0])
            {
            }
        }

        lock (_stripes[0])
        {
            lock (_byKey["a"])
            {
            }
        }
    }
}

// Calls of one method that continue inside each other, each by what the one before signals.
internal sealed class Links
{
    private const int Count = 20;
    private readonly object _left = new();
    private readonly object _right = new();

    public void Run()
    {
        TaskCompletionSource[] links = [.. Enumerable.Range(0, Count).Select(static _ => new TaskCompletionSource())];
        Task[] calls = [.. Enumerable.Range(0, Count).Select(i => LinkAsync(links[i].Task, i + 1 < Count ? links[i + 1] : null))];
        links[0].SetResult();
        Task.WaitAll(calls);
        lock (_right)
        {
            lock (_left)
            {
            }
        }
    }

    private async Task LinkAsync(Task before, TaskCompletionSource? next)
    {
        await before.ConfigureAwait(false);
        if (next is null)
        {
            lock (_left)
            {
                lock (_right)
                {
                }
            }
        }

        next?.SetResult();
    }
}
