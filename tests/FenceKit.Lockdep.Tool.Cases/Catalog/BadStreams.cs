// SPDX-License-Identifier: MIT
using System.Threading.Channels;

namespace Catalog;

// Locks around what comes later: items of asynchronous iterators and of channels, and work that continues other work.
internal static class BadStreams
{
    public static async Task RunAsync()
    {
        await new Rows().RunAsync();
        await new AwaitedRows().RunAsync();
        new Continuing().Run();
        new ContinuedTask().Run();
        new Unwrapped().Run();
        await new AwaitedChain().RunAsync();
        await new ContinuedPermit().RunAsync();
        await new Mailbox().RunAsync();
        new BlockingMailbox().Run();
        await new Stream().RunAsync();
        new ValueResult().Run();
    }
}

// The lock of the iterator is held while its caller works on an item that was there at once.
internal sealed class Rows
{
    private readonly SemaphoreSlim _rows = new(1, 1);
    private readonly SemaphoreSlim _log = new(1, 1);

    public async Task RunAsync()
    {
        await foreach (int _ in ItemsAsync())
        {
            await _log.WaitAsync();
            _log.Release();
        }

        await _log.WaitAsync();
        await foreach (int _ in ItemsAsync())
        {
        }

        _log.Release();
    }

    private async IAsyncEnumerable<int> ItemsAsync()
    {
        await _rows.WaitAsync();
        try
        {
            yield return 1;
            await Task.Yield();
            yield return 2;
        }
        finally
        {
            _rows.Release();
        }
    }
}

// As above, of one that is waited for, without the caller's context, and that is left before its end.
internal sealed class AwaitedRows
{
    private readonly SemaphoreSlim _pages = new(1, 1);
    private readonly SemaphoreSlim _index = new(1, 1);

    public async Task RunAsync()
    {
        await foreach (int _ in ItemsAsync().ConfigureAwait(false))
        {
            await _index.WaitAsync();
            _index.Release();
            break;
        }

        await _index.WaitAsync();
        await foreach (int _ in ItemsAsync().ConfigureAwait(false))
        {
        }

        _index.Release();
    }

    private async IAsyncEnumerable<int> ItemsAsync()
    {
        await Task.Yield();
        await _pages.WaitAsync();
        try
        {
            yield return 1;
        }
        finally
        {
            _pages.Release();
        }
    }
}

internal sealed class Continuing
{
    private readonly object _gate = new();

    public void Run()
    {
        Task work = Task.Run(static () => { }).ContinueWith(
            _ =>
            {
                lock (_gate)
                {
                }
            },
            TaskScheduler.Default);
        work.Wait();
        Task<int> more = work.ContinueWith(
            (_, state) =>
            {
                lock (_gate)
                {
                    return (int)state!;
                }
            },
            1,
            TaskScheduler.Default);
        SpinWait.SpinUntil(() => more.IsCompleted);
        lock (_gate)
        {
            more.Wait();
        }
    }
}

// Whoever waits for the end of a chain waits for its beginning.
internal sealed class ContinuedTask
{
    private readonly object _gate = new();

    public void Run()
    {
        Task<int> first = Task.Run(() =>
        {
            lock (_gate)
            {
                return 1;
            }
        });
        Task last = first.ContinueWith(static task => task.Result, TaskScheduler.Default).ContinueWith(static _ => { }, TaskScheduler.Default);
        SpinWait.SpinUntil(() => last.IsCompleted);
        lock (_gate)
        {
            last.Wait();
        }
    }
}

// What goes on after an await of its own.
internal sealed class Unwrapped
{
    private readonly object _gate = new();

    public void Run()
    {
        Task work = Task.CompletedTask.ContinueWith(
            async _ =>
            {
                await Task.Yield();
                lock (_gate)
                {
                }
            },
            TaskScheduler.Default).Unwrap();
        SpinWait.SpinUntil(() => work.IsCompleted);
        lock (_gate)
        {
            work.Wait();
        }
    }
}

internal sealed class AwaitedChain
{
    private readonly SemaphoreSlim _first = new(1, 1);

    public async Task RunAsync()
    {
        Task last = Task.Run(() =>
        {
            _first.Wait();
            _first.Release();
        }).ContinueWith(static _ => { }, TaskScheduler.Default);
        SpinWait.SpinUntil(() => last.IsCompleted);
        await _first.WaitAsync();
        await last;
        _first.Release();
    }
}

// The work has the permit that the task before it has waited for.
internal sealed class ContinuedPermit
{
    private readonly SemaphoreSlim _table = new(1, 1);
    private readonly SemaphoreSlim _row = new(1, 1);

    public async Task RunAsync()
    {
        await _table.WaitAsync().ContinueWith(
            _ =>
            {
                _row.Wait();
                _row.Release();
                _table.Release();
            },
            TaskScheduler.Default);
        await _row.WaitAsync();
        await _table.WaitAsync();
        _table.Release();
        _row.Release();
    }
}

internal sealed class Mailbox
{
    private readonly Channel<int> _letters = Channel.CreateUnbounded<int>();
    private readonly SemaphoreSlim _door = new(1, 1);

    public async Task RunAsync()
    {
        await _door.WaitAsync();
        _letters.Writer.TryWrite(1);
        _door.Release();
        await _door.WaitAsync();
        await _letters.Reader.ReadAsync();
        _door.Release();
    }
}

internal sealed class BlockingMailbox
{
    private readonly Channel<int> _orders = Channel.CreateBounded<int>(2);
    private readonly object _gate = new();

    public void Run()
    {
        lock (_gate)
        {
            _orders.Writer.WriteAsync(1).AsTask().Wait();
        }

        lock (_gate)
        {
            if (_orders.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                _orders.Reader.TryRead(out _);
            }
        }
    }
}

internal sealed class Stream
{
    private readonly Channel<int> _events = Channel.CreateUnbounded<int>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim _door = new(1, 1);

    public async Task RunAsync()
    {
        await _door.WaitAsync();
        await _events.Writer.WriteAsync(1);
        _events.Writer.Complete();
        _door.Release();
        await _door.WaitAsync();
        await foreach (int _ in _events.Reader.ReadAllAsync())
        {
        }

        _door.Release();
    }
}

internal sealed class ValueResult
{
    private readonly object _gate = new();

    public void Run()
    {
        var work = new ValueTask<int>(Task.Run(() =>
        {
            lock (_gate)
            {
                return 1;
            }
        }));
        SpinWait.SpinUntil(() => work.IsCompleted); // on another run it may not have ended
        lock (_gate)
        {
            _ = work.Result;
        }
    }
}
