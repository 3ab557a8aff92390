// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Catalog;

internal static class BadFlows
{
    public static async Task RunAsync()
    {
        var orders = new OrderFlow();
        var stock = new StockFlow { Orders = orders };
        orders.Stock = stock;
        await orders.PlaceAsync();
        await stock.ReportAsync();
        var left = new Releasing();
        var right = new ReleasingToo { Other = left };
        left.Other = right;
        await left.StepAsync();
        await right.BackAsync();
        await new Hopped().RunAsync();
        await new HandedOnTwice().RunAsync();
    }
}

// The thread that reads the value has taken nothing itself: the flow that has just come to it holds the permit.
internal sealed class Hopped
{
    private readonly SemaphoreSlim _door = new(1, 1);
    private readonly Lazy<int> _value;

    public Hopped() => _value = new Lazy<int>(Make);

    public async Task RunAsync()
    {
        _ = _value.Value;
        await _door.WaitAsync();
        try
        {
            await default(NewThread);
            _ = _value.Value;
        }
        finally
        {
            _door.Release();
        }
    }

    private int Make()
    {
        _door.Wait();
        _door.Release();
        return 1;
    }
}

// Two permits are handed on to the method while it runs on a thread, one after the other, and let go. What it locks then has nothing to do with them.
internal sealed class HandedOnTwice
{
    private readonly SemaphoreSlim _early = new(1, 1);
    private readonly SemaphoreSlim _late = new(1, 1);
    private readonly object _up = new();
    private readonly object _down = new();

    public async Task RunAsync()
    {
        await Task.Yield();
        await TakeAsync();
        _early.Release();
        ValueTask late = TakeLaterAsync();
        while (!late.IsCompleted)
        {
            Thread.Yield();
        }

        await late;
        _late.Release();
        lock (_up)
        {
            lock (_down)
            {
            }
        }

        lock (_down)
        {
            lock (_up)
            {
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TakeAsync() => await _early.WaitAsync();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TakeLaterAsync()
    {
        await _late.WaitAsync();
        await Task.Yield();
    }
}

internal readonly struct NewThread : ICriticalNotifyCompletion
{
    public bool IsCompleted => false;

    public NewThread GetAwaiter() => this;

    public void OnCompleted(Action continuation) => new Thread(continuation.Invoke).Start();

    public void UnsafeOnCompleted(Action continuation) => new Thread(continuation.Invoke).UnsafeStart();

    public void GetResult()
    {
    }
}

internal sealed class OrderFlow
{
    private readonly SemaphoreSlim _orders = new(1, 1);

    public StockFlow? Stock { get; set; }

    public async Task PlaceAsync()
    {
        await _orders.WaitAsync();
        try
        {
            await Task.Yield();
            await Stock!.TakeAsync();
        }
        finally
        {
            _orders.Release();
        }
    }

    public async Task CountAsync()
    {
        if (await _orders.WaitAsync(Timeout.Infinite).ConfigureAwait(false))
        {
            _orders.Release();
        }
    }
}

internal sealed class StockFlow
{
    private readonly SemaphoreSlim _stock = new(1, 1);

    public OrderFlow? Orders { get; set; }

    public async Task TakeAsync()
    {
        await _stock.WaitAsync().ConfigureAwait(false);
        _stock.Release();
    }

    public async Task ReportAsync()
    {
        await _stock.WaitAsync(CancellationToken.None);
        await Task.Delay(1);
        await Orders!.CountAsync();
        _stock.Release();
    }
}

internal sealed class Releaser(SemaphoreSlim semaphore) : IDisposable
{
    public void Dispose() => semaphore.Release();
}

internal sealed class Releasing
{
    private readonly SemaphoreSlim _left = new(1, 1);

    public ReleasingToo? Other { get; set; }

    public async Task StepAsync()
    {
        using (await LockAsync())
        {
            await Other!.EndAsync();
        }
    }

    public async Task EndAsync()
    {
        using (await LockAsync())
        {
        }
    }

    // The lock is taken by a method that returns before it is let go.
    private async Task<IDisposable> LockAsync()
    {
        await _left.WaitAsync();
        return new Releaser(_left);
    }
}

internal sealed class ReleasingToo
{
    private readonly SemaphoreSlim _right = new(1, 1);

    public Releasing? Other { get; set; }

    public async Task BackAsync()
    {
        using (await LockAsync().ConfigureAwait(false))
        {
            await Other!.EndAsync();
        }
    }

    public async Task EndAsync()
    {
        using (await LockAsync())
        {
            await Task.Yield();
        }
    }

    private async Task<IDisposable> LockAsync()
    {
        await _right.WaitAsync().ConfigureAwait(false);
        await Task.Yield();
        return new Releaser(_right);
    }
}
