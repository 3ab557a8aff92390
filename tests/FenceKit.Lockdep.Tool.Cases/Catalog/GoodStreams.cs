// SPDX-License-Identifier: MIT
using System.Threading.Channels;

namespace Catalog;

// What looks like the bad ones, and cannot hang.
internal static class GoodStreams
{
    private static readonly object s_gate = new();
    private static readonly SemaphoreSlim s_rows = new(1, 1);
    private static readonly SemaphoreSlim s_log = new(1, 1);

    public static async Task RunAsync()
    {
        await RowsAsync();
        await ContinuationsAsync();
        await ChannelsAsync();
        await OneFlowAsync();
        await FewOfManyAsync();
    }

    // The lock of the iterator is free again when the loop is over, also where it is left early.
    private static async Task RowsAsync()
    {
        await s_log.WaitAsync();
        await foreach (int _ in ItemsAsync())
        {
        }

        s_log.Release();
        await foreach (int _ in ItemsAsync())
        {
            break;
        }

        await UseLogAsync();
        await foreach (int _ in ItemsAsync().ConfigureAwait(false))
        {
        }

        await UseLogAsync();
        await foreach (int _ in FreeItemsAsync())
        {
            await UseLogAsync();
        }
    }

    private static async IAsyncEnumerable<int> ItemsAsync()
    {
        await s_rows.WaitAsync();
        try
        {
            yield return 1;
            await Task.Yield();
            yield return 2;
        }
        finally
        {
            s_rows.Release();
        }
    }

    // Nothing is held while the caller works.
    private static async IAsyncEnumerable<int> FreeItemsAsync()
    {
        for (int i = 0; i < 2; i++)
        {
            await s_rows.WaitAsync();
            s_rows.Release();
            yield return i;
        }
    }

    private static async Task UseLogAsync()
    {
        await s_log.WaitAsync();
        s_log.Release();
    }

    // Nobody waits for the work with the lock that it takes.
    private static async Task ContinuationsAsync()
    {
        object other = new();
        Task work;
        lock (s_gate)
        {
            work = Task.CompletedTask.ContinueWith(static _ => BadGiven.Locked(s_gate, static () => { }), TaskScheduler.Default);
        }

        work.Wait();
        lock (s_gate)
        {
            Task.CompletedTask.ContinueWith(_ => BadGiven.Locked(other, static () => { }), TaskScheduler.Default).Wait();
        }

        // Each step has the permit for itself.
        Task last = Task.CompletedTask;
        for (int i = 0; i < 100; i++)
        {
            last = last.ContinueWith(static _ => s_rows.WaitAsync(), TaskScheduler.Default).Unwrap().ContinueWith(static _ => s_rows.Release(), TaskScheduler.Default);
        }

        await last;
        if (await s_rows.WaitAsync(1000).ContinueWith(static wait => wait.Result, TaskScheduler.Default))
        {
            s_rows.Release();
        }
    }

    private static async Task ChannelsAsync()
    {
        var items = Channel.CreateUnbounded<int>();
        var door = new SemaphoreSlim(1, 1);
        await door.WaitAsync();
        items.Writer.TryWrite(1);
        door.Release();
        await items.Reader.ReadAsync(); // with nothing held
        await door.WaitAsync();
        items.Reader.TryRead(out _); // does not wait
        using (var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(1)))
        {
            try
            {
                await items.Reader.WaitToReadAsync(limit.Token); // gives up
            }
            catch (OperationCanceledException)
            {
            }
        }

        door.Release();
        Task reading = Task.Run(async () =>
        {
            await foreach (int _ in items.Reader.ReadAllAsync())
            {
                await door.WaitAsync();
                door.Release();
            }
        });
        await door.WaitAsync();
        items.Writer.TryWrite(2);
        items.Writer.Complete();
        door.Release();
        await reading;
    }

    // What waits was started with the permit that its starter has, who is there to signal.
    private static async Task OneFlowAsync()
    {
        var door = new SemaphoreSlim(2, 2);
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await door.WaitAsync();
        Task waiting = PassAsync(open.Task);
        open.SetResult();
        SpinWait.SpinUntil(() => waiting.IsCompleted); // so that what waits goes on on another thread
        await waiting;
        door.Release();
    }

    private static async Task PassAsync(Task open)
    {
        await open;
    }

    // A registration that is only compared stays the value that it is.
    private static async Task FewOfManyAsync()
    {
        using var source = new CancellationTokenSource();
        await using CancellationTokenRegistration registration = source.Token.Register(static () => { });
        object boxed = registration;
        if (!boxed.Equals(registration) || boxed is not CancellationTokenRegistration)
        {
            throw new InvalidOperationException("a registration is another one now");
        }
    }
}
