// SPDX-License-Identifier: MIT
using System.Threading.Channels;

namespace Catalog;

// What can hang and is not seen, as docs/lockdep-tool.md says. A case that is seen one day belongs to the bad ones.
internal static class Unseen
{
    public static async Task RunAsync()
    {
        new TwoCallbacks().Run();
        await new FullChannel().RunAsync();
        new KernelSemaphore().Run();
        new Meeting().Run();
        await new LockOfTasks().RunAsync();
    }
}

// Each callback ends the registration of the other. The one that comes second on this run does not come at all, so that nobody sees what it would do.
internal sealed class TwoCallbacks
{
    private CancellationTokenRegistration _left;
    private CancellationTokenRegistration _right;

    public void Run()
    {
        using var left = new CancellationTokenSource();
        using var right = new CancellationTokenSource();
        _left = left.Token.Register(() => _right.Dispose());
        _right = right.Token.Register(() => _left.Dispose());
        left.Cancel();
        right.Cancel();
    }
}

// The writer of a full channel waits for a reader, who needs the writer's lock.
internal sealed class FullChannel
{
    private readonly Channel<int> _items = Channel.CreateBounded<int>(1);
    private readonly SemaphoreSlim _door = new(1, 1);

    public async Task RunAsync()
    {
        await _door.WaitAsync();
        await _items.Writer.WriteAsync(1);
        _door.Release();
        await _door.WaitAsync();
        _items.Reader.TryRead(out _);
        _door.Release();
    }
}

internal sealed class KernelSemaphore
{
    private readonly Semaphore _slots = new(1, 1);
    private readonly object _gate = new();

    public void Run()
    {
        lock (_gate)
        {
            _slots.WaitOne();
            _slots.Release();
        }

        _slots.WaitOne();
        lock (_gate)
        {
        }

        _slots.Release();
    }
}

// Each waits for the other at the barrier, with the lock that the other takes before.
internal sealed class Meeting
{
    private readonly Barrier _barrier = new(1);
    private readonly object _gate = new();

    public void Run()
    {
        lock (_gate)
        {
            _barrier.SignalAndWait();
        }

        lock (_gate)
        {
        }

        _barrier.SignalAndWait();
    }
}

// A lock that waits for the task of the one who has it.
internal sealed class LockOfTasks
{
    private readonly Turns _left = new();
    private readonly Turns _right = new();

    public async Task RunAsync()
    {
        await TakeAsync(_left, _right);
        await TakeAsync(_right, _left);
    }

    private static async Task TakeAsync(Turns outer, Turns inner)
    {
        await outer.EnterAsync();
        await inner.EnterAsync();
        inner.Leave();
        outer.Leave();
    }

    private sealed class Turns
    {
        private TaskCompletionSource? _turn;

        public async Task EnterAsync()
        {
            while (Interlocked.CompareExchange(ref _turn, new TaskCompletionSource(), null) is { } other)
            {
                await other.Task;
            }
        }

        public void Leave() => Interlocked.Exchange(ref _turn, null)!.SetResult();
    }
}
