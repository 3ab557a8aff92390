// SPDX-License-Identifier: MIT
namespace Published
{
    // dotnet/runtime#86838: the task that dispatches events is waited for under the lock of all listeners, which an event source takes that it makes.
    internal static class DispatchTasks
    {
        public static void Run(bool isMended)
        {
            var dispatcher = new System.Diagnostics.Tracing.EventPipeEventDispatcher(isMended);
            dispatcher.StartDispatchTask();
            dispatcher.StopDispatchTask();
        }
    }

    // Uight/QuickTick#62: Stop waits for the timer's thread under the lock that a handler takes which stops the timer as well.
    internal static class QuickTicks
    {
        public static void Run(bool isMended)
        {
            var timer = new QuickTickLib.QuickTickTimerImplementation(isMended);
            timer.Elapsed += timer.Stop;
            timer.Start();
            timer.Stop();
        }
    }

    // tui-cs/Terminal.Gui#5652: callbacks are run under the lock of the queue of timeouts, and one waits for work that adds a timeout.
    internal static class Timeouts
    {
        public static void Run(bool isMended)
        {
            var events = new Terminal.Gui.App.TimedEvents(isMended);
            Task saving = Task.Run(() => events.Add(static () => { }));
            SpinWait.SpinUntil(() => saving.IsCompleted);
            events.Add(() => saving.Wait());
            events.RunTimers();
        }
    }

    // dotnet/orleans#7865, mended in #8949: a timer calls its grain under its own lock, and the grain disposes the timer under one of its own.
    internal static class GrainTimers
    {
        public static async Task RunAsync(bool isMended)
        {
            var grain = new Orleans.Runtime.ActivationData();
            var timer = new Orleans.Runtime.GrainTimer(grain.OnTickAsync, isMended);
            grain.Timer = timer;
            await timer.ForwardToAsyncCallback();
            grain.Deactivate();
        }
    }

    // dotnet/SqlClient#755: rows of a reader are written with the connection's lock held, and the reader asks the same connection. A limit keeps this program from
    // hanging; the original has none.
    internal static class BulkCopies
    {
        public static async Task RunAsync(bool isMended)
        {
            var connection = new Microsoft.Data.SqlClient.SqlConnection();
            await new Microsoft.Data.SqlClient.SqlBulkCopy(connection, isMended).WriteToServerAsync(connection.ExecuteScalarAsync);
        }
    }
}

namespace QuickTickLib
{
    internal sealed class QuickTickTimerImplementation(bool isMended)
    {
        private readonly object stateLock = new();
        private Thread? completionThread;

        public event Action? Elapsed;

        public void Start()
        {
            completionThread = new Thread(() => Elapsed?.Invoke());
            completionThread.Start();
            SpinWait.SpinUntil(() => !completionThread.IsAlive);
        }

        public void Stop()
        {
            Thread? ended;
            lock (stateLock)
            {
                ended = completionThread;
                if (!isMended && Thread.CurrentThread != completionThread)
                {
                    completionThread!.Join();
                }
            }

            if (isMended && Thread.CurrentThread != ended)
            {
                ended!.Join();
            }
        }
    }
}

namespace Terminal.Gui.App
{
    internal sealed class TimedEvents(bool isMended)
    {
        private readonly object _timeoutsLockToken = new();
        private readonly Queue<Action> _timeouts = new();

        public void Add(Action callback)
        {
            lock (_timeoutsLockToken)
            {
                _timeouts.Enqueue(callback);
            }
        }

        public void RunTimers()
        {
            if (!isMended)
            {
                lock (_timeoutsLockToken)
                {
                    while (_timeouts.TryDequeue(out Action? callback))
                    {
                        callback();
                    }
                }

                return;
            }

            Action[] all;
            lock (_timeoutsLockToken)
            {
                all = [.. _timeouts];
            }

            Array.ForEach(all, static callback => callback());
        }
    }
}

namespace Orleans.Runtime
{
    internal sealed class ActivationData
    {
        private readonly object _activationLock = new();

        public GrainTimer? Timer { get; set; }

        public Task OnTickAsync()
        {
            lock (_activationLock)
            {
                return Task.CompletedTask;
            }
        }

        public void Deactivate()
        {
            lock (_activationLock)
            {
                Timer!.Dispose();
            }
        }
    }

    internal sealed class GrainTimer(Func<Task> asyncCallback, bool isMended) : IDisposable
    {
        private readonly object _timerLock = new();
        private Task _currentlyExecutingTickTask = Task.CompletedTask;

        public Task ForwardToAsyncCallback()
        {
            lock (_timerLock)
            {
                return _currentlyExecutingTickTask = InvokeAsyncCallback();
            }
        }

        public void Dispose()
        {
            lock (_timerLock)
            {
            }
        }

        private async Task InvokeAsyncCallback()
        {
            if (isMended)
            {
                await Task.Yield();
            }

            await asyncCallback();
        }
    }
}

namespace Microsoft.Data.SqlClient
{
    internal sealed class SqlConnection
    {
        private readonly SemaphoreSlim _parserLock = new(1, 1);

        public async Task<int> ExecuteScalarAsync()
        {
            using var limit = new CancellationTokenSource(20);
            await _parserLock.WaitAsync(limit.Token);
            _parserLock.Release();
            return 1;
        }

        public async Task SendAsync(Func<Task<int>> row)
        {
            await _parserLock.WaitAsync();
            try
            {
                await row();
            }
            catch (OperationCanceledException)
            {
            }
            finally
            {
                _parserLock.Release();
            }
        }
    }

    internal sealed class SqlBulkCopy(SqlConnection connection, bool isMended)
    {
        public async Task WriteToServerAsync(Func<Task<int>> reader)
        {
            if (!isMended)
            {
                await connection.SendAsync(reader);
                return;
            }

            int row = await reader();
            await connection.SendAsync(() => Task.FromResult(row));
        }
    }
}
