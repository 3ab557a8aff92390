// SPDX-License-Identifier: MIT
namespace Catalog;

// What looks like the bad handles, and cannot hang.
internal static class GoodHandles
{
    private static readonly object s_gate = new();

    public static async Task RunAsync()
    {
        Together();
        WithLimits();
        await EndsThatNeedNothingAsync();
    }

    // Several at once are taken at once: nobody who has one of them waits for another.
    private static void Together()
    {
        using var one = new Mutex();
        using var two = new Mutex();
        WaitHandle.WaitAll([one, two]);
        one.ReleaseMutex();
        two.ReleaseMutex();
        WaitHandle.WaitAll([two, one]);
        one.ReleaseMutex();
        two.ReleaseMutex();
        int index = WaitHandle.WaitAny([one, two]);
        (index == 0 ? one : two).ReleaseMutex();
    }

    private static void WithLimits()
    {
        using var one = new Mutex();
        one.WaitOne();
        lock (s_gate)
        {
        }

        one.ReleaseMutex();
        lock (s_gate)
        {
            if (WaitHandle.WaitAll([one], 1_000) && WaitHandle.WaitAny([one], 1_000) == 0)
            {
                one.ReleaseMutex();
                one.ReleaseMutex();
            }
        }
    }

    private static async Task EndsThatNeedNothingAsync()
    {
        var door = new SemaphoreSlim(1, 1);
        using var source = new CancellationTokenSource();
        var ticked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        CancellationTokenRegistration registration = source.Token.Register(static () =>
        {
            lock (s_gate)
            {
            }
        });
        var timer = new Timer(_ => ticked.SetResult(), null, 0, Timeout.Infinite);
        await source.CancelAsync();
        await ticked.Task;
        await door.WaitAsync();
        await registration.DisposeAsync();
        await timer.DisposeAsync();
        door.Release();
    }
}
