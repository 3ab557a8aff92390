// SPDX-License-Identifier: MIT
namespace Catalog;

internal static class Hangs
{
    private static readonly object s_left = new();
    private static readonly object s_right = new();
    private static readonly SemaphoreSlim s_first = new(1, 1);
    private static readonly SemaphoreSlim s_second = new(1, 1);

    public static void Monitors()
    {
        using var both = new Barrier(2);
        var thread = new Thread(() =>
        {
            lock (s_right)
            {
                both.SignalAndWait();
                lock (s_left)
                {
                }
            }
        });
        thread.Start();
        lock (s_left)
        {
            both.SignalAndWait();
            lock (s_right)
            {
            }
        }
    }

    public static async Task SemaphoresAsync()
    {
        var one = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var two = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Task.WhenAll(TakeAsync(s_first, s_second, one, two.Task), TakeAsync(s_second, s_first, two, one.Task));
    }

    private static async Task TakeAsync(SemaphoreSlim first, SemaphoreSlim second, TaskCompletionSource has, Task other)
    {
        await first.WaitAsync();
        has.SetResult();
        await other;
        await second.WaitAsync();
    }

    // A lock that its holder waits for work under.
    public static void Work(string how)
    {
        using var hasGate = new ManualResetEventSlim();
        using var source = new CancellationTokenSource();
        object gate = s_left;
        void Body()
        {
            hasGate.Wait();
            lock (gate)
            {
            }
        }

        var lazy = new Lazy<int>(() =>
        {
            Body();
            return 1;
        });
        var thread = new Thread(Body);
        CancellationTokenRegistration registration = source.Token.Register(Body);
        Task task = how == "task" ? Task.Run(Body) : how == "method" ? BodyAsync() : Task.CompletedTask;
        using var other = new Timer(_ => source.Cancel(), null, how == "callback" ? 0 : Timeout.Infinite, Timeout.Infinite);
        if (how == "thread")
        {
            thread.Start();
        }
        else if (how == "lazy")
        {
            _ = Task.Run(() => lazy.Value);
        }

        Thread.Sleep(200); // whoever begins first, it hangs; so each has begun
        lock (gate)
        {
            hasGate.Set();
            switch (how)
            {
                case "thread":
                    thread.Join();
                    break;
                case "lazy":
                    _ = lazy.Value;
                    break;
                case "callback":
                    registration.Dispose();
                    break;
                default:
                    task.Wait();
                    break;
            }
        }

        async Task BodyAsync()
        {
            await Task.Yield();
            Body();
        }
    }
}
