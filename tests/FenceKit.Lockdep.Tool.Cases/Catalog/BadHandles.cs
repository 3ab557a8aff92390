// SPDX-License-Identifier: MIT
namespace Catalog;

// Handles that are opened, that are waited for together, and ends that are awaited.
internal static class BadHandles
{
    public static async Task RunAsync()
    {
        Opened.Run();
        WithOptions.Run();
        new AllHandles().Run();
        new AnyHandle().Run();
        await new AwaitedRegistration().RunAsync();
        await new AwaitedAsDisposable().RunAsync();
        await new AwaitedTimer().RunAsync();
    }
}

internal static class Opened
{
    private static readonly object s_gate = new();

    public static void Run()
    {
        string name = $"lockdep-opened-{Environment.ProcessId}";
        using var first = new Mutex(false, name);
        using var second = Mutex.OpenExisting(name);
        first.WaitOne();
        lock (s_gate)
        {
        }

        first.ReleaseMutex();
        lock (s_gate)
        {
            second.WaitOne();
            second.ReleaseMutex();
        }
    }
}

internal static class WithOptions
{
    private static readonly object s_gate = new();

    public static void Run()
    {
        string name = $"lockdep-options-{Environment.ProcessId}";
        var options = new NamedWaitHandleOptions { CurrentUserOnly = true, CurrentSessionOnly = true };
        using var first = new Mutex(true, name, options); // owned from the start
        lock (s_gate)
        {
        }

        first.ReleaseMutex();
        lock (s_gate)
        {
            if (Mutex.TryOpenExisting(name, options, out Mutex? second))
            {
                second.WaitOne();
                second.ReleaseMutex();
                second.Dispose();
            }
        }
    }
}

internal sealed class AllHandles
{
    private readonly object _gate = new();
    private readonly Mutex _one = new();
    private readonly Mutex _two = new();

    public void Run()
    {
        WaitHandle.WaitAll([_one, _two]);
        lock (_gate)
        {
        }

        _one.ReleaseMutex();
        _two.ReleaseMutex();
        lock (_gate)
        {
            _two.WaitOne();
            _two.ReleaseMutex();
        }
    }
}

internal sealed class AnyHandle
{
    private readonly object _gate = new();
    private readonly Mutex _one = new();

    public void Run()
    {
        WaitHandle.WaitAny([_one]);
        lock (_gate)
        {
        }

        _one.ReleaseMutex();
        lock (_gate)
        {
            WaitHandle.WaitAll([_one]);
            _one.ReleaseMutex();
        }
    }
}

internal sealed class AwaitedRegistration
{
    private readonly SemaphoreSlim _door = new(1, 1);

    public async Task RunAsync()
    {
        using var source = new CancellationTokenSource();
        CancellationTokenRegistration registration = source.Token.Register(OnCanceled);
        await source.CancelAsync();
        await _door.WaitAsync();
        await registration.DisposeAsync();
        _door.Release();
    }

    private void OnCanceled()
    {
        _door.Wait();
        _door.Release();
    }
}

internal sealed class AwaitedAsDisposable
{
    private readonly SemaphoreSlim _door = new(1, 1);

    public async Task RunAsync()
    {
        using var source = new CancellationTokenSource();
        IAsyncDisposable registration = source.Token.Register(OnCanceled);
        await source.CancelAsync();
        await _door.WaitAsync();
        await registration.DisposeAsync();
        _door.Release();
    }

    private void OnCanceled()
    {
        _door.Wait();
        _door.Release();
    }
}

internal sealed class AwaitedTimer
{
    private readonly SemaphoreSlim _door = new(1, 1);

    public async Task RunAsync()
    {
        var ticked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var timer = new Timer(OnTick, ticked, 0, Timeout.Infinite);
        await ticked.Task;
        await _door.WaitAsync();
        await timer.DisposeAsync();
        _door.Release();
    }

    private void OnTick(object? ticked)
    {
        _door.Wait();
        _door.Release();
        ((TaskCompletionSource)ticked!).SetResult();
    }
}
