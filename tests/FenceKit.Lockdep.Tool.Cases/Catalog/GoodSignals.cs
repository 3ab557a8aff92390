// SPDX-License-Identifier: MIT
namespace Catalog;

// Signals that look like the bad ones, and come all the same.
internal static class GoodSignals
{
    private static SpinLock s_spin;

    public static async Task RunAsync()
    {
        SomebodyElseSignals();
        NeedsAnotherLock();
        WaitsOutside();
        HasALimit();
        IsOpenFromTheBeginning();
        SignalsBeforeItWaits();
        EndsOfTimers();
        WaitsInTheQueueOnly();
        SpinsInOrder();
        HandlesOfOthers();
        SignalsByDelegate();
        new Derived().TrySetResult(1);
        new DerivedEvent().Set();
        await TasksThatWereAwaitedAsync();
        await MethodsThatHaveEndedAsync();
    }

    private static void SomebodyElseSignals()
    {
        object gate = new();
        var ready = new ManualResetEventSlim();
        lock (gate)
        {
            ready.Set();
        }

        ready.Reset();
        Task.Run(() => ready.Set()).Wait(); // without the lock
        lock (gate)
        {
            ready.Wait();
        }
    }

    private static void NeedsAnotherLock()
    {
        object gate = new(), other = new();
        var turn = new AutoResetEvent(false);
        Task.Run(() =>
        {
            lock (other)
            {
                turn.Set();
            }
        }).Wait();
        lock (gate)
        {
            turn.WaitOne();
        }
    }

    private static void WaitsOutside()
    {
        object gate = new();
        var ready = new ManualResetEventSlim();
        lock (gate)
        {
            ready.Set();
        }

        ready.Wait();
        lock (gate)
        {
        }
    }

    private static void HasALimit()
    {
        object gate = new();
        var ready = new ManualResetEvent(false);
        Task.Run(() =>
        {
            lock (gate)
            {
                ready.Set();
            }
        }).Wait();
        lock (gate)
        {
            ready.WaitOne(1000);
        }
    }

    private static void IsOpenFromTheBeginning()
    {
        object gate = new();
        var ready = new ManualResetEventSlim(true);
        lock (gate)
        {
            ready.Wait();
        }

        lock (gate)
        {
            ready.Set();
        }
    }

    private static void SignalsBeforeItWaits()
    {
        object gate = new();
        var ready = new ManualResetEventSlim();
        lock (gate)
        {
            ready.Set();
            ready.Wait();
        }
    }

    // Dispose says what is to be signaled and goes on; the wait is outside.
    private static void EndsOfTimers()
    {
        object gate = new();
        using var ticked = new ManualResetEventSlim();
        var timer = new Timer(
            _ =>
            {
                lock (gate)
                {
                    ticked.Set();
                }
            },
            null,
            0,
            Timeout.Infinite);
        ticked.Wait();
        var ended = new ManualResetEvent(false);
        lock (gate)
        {
            timer.Dispose(ended);
        }

        ended.WaitOne();
    }

    private static void WaitsInTheQueueOnly()
    {
        object queue = new();
        bool isWaiting = false;
        var thread = new Thread(() =>
        {
            while (true)
            {
                lock (queue)
                {
                    if (isWaiting)
                    {
                        Monitor.Pulse(queue);
                        return;
                    }
                }

                Thread.Yield();
            }
        });
        thread.Start();
        lock (queue)
        {
            isWaiting = true;
            Monitor.Wait(queue);
        }

        thread.Join();
    }

    private static void SpinsInOrder()
    {
        object gate = new();
        for (int i = 0; i < 2; i++)
        {
            bool isTaken = false;
            lock (gate)
            {
                s_spin.Enter(ref isTaken);
                s_spin.Exit();
            }

            isTaken = false;
            s_spin.TryEnter(ref isTaken);
            if (Monitor.TryEnter(gate))
            {
                Monitor.Exit(gate);
            }

            s_spin.Exit();
        }
    }

    private static void HandlesOfOthers()
    {
        object gate = new();
        using var source = new CancellationTokenSource();
        lock (gate)
        {
            source.Cancel();
        }

        lock (gate)
        {
            source.Token.WaitHandle.WaitOne();
        }
    }

    private static void SignalsByDelegate()
    {
        object gate = new();
        var ready = new ManualResetEventSlim();
        Action signal = ready.Set;
        lock (gate)
        {
            ready.Set();
        }

        signal();
        lock (gate)
        {
            ready.Wait();
        }
    }

    private static async Task TasksThatWereAwaitedAsync()
    {
        object gate = new();
        Task<int> one = Task.Run(Work), two = Task.Run(Work);
        await Task.WhenAll(one, two);
        lock (gate)
        {
            _ = one.Result + two.Result; // they have ended
        }

        await Task.Run(Work).ContinueWith(ended =>
        {
            lock (gate)
            {
                return ended.Result; // it has ended
            }
        });

        Task<int> three = Task.Run(Work);
        while (!three.IsCompletedSuccessfully)
        {
            await Task.Yield();
        }

        lock (gate)
        {
            _ = three.Result;
        }

        int Work()
        {
            lock (gate)
            {
                return 1;
            }
        }
    }

    private static async Task MethodsThatHaveEndedAsync()
    {
        object gate = new(), other = new();
        Task<int> task = WorkAsync(gate);
        await task;
        lock (gate)
        {
            _ = task.Result; // it has ended
        }

        lock (other)
        {
            WorkAsync(gate).Wait(); // needs another lock
        }
    }

    private static async Task<int> WorkAsync(object gate)
    {
        await Task.Yield();
        lock (gate)
        {
            return 1;
        }
    }
}

// Types whose constructors take locks, as the bad ones, but nobody who needs them holds those.
internal static class GoodTypes
{
    private static readonly object s_gate = new();

    public static void Run()
    {
        _ = Quiet.Value;
        lock (s_gate)
        {
            _ = Quiet.Value;
            _ = Plain.Value;
        }

        OwnLock.Use();
    }

    // Nobody has its lock who has not needed the type before.
    private static class OwnLock
    {
        private static readonly object s_own = new();
        private static readonly List<int> s_items = Load();

        public static void Use()
        {
            lock (s_own)
            {
                s_items.Add(2);
            }
        }

        private static List<int> Load()
        {
            lock (s_own)
            {
                return [1];
            }
        }
    }

    private static class Quiet
    {
        private static readonly object s_own = new();

        static Quiet()
        {
            lock (s_own)
            {
                Value = 1;
            }
        }

        public static int Value { get; }
    }

    private static class Plain
    {
        static Plain() => Value = 1;

        public static int Value { get; }
    }
}

internal sealed class Derived() : TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);

internal sealed class DerivedEvent() : EventWaitHandle(false, EventResetMode.AutoReset);
