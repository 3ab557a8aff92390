// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Tests.Oracle;

/// <summary>Runs a scenario as real asynchronous code, with real changes of threads and real tasks. The locks are always free, so nothing hangs whatever it does.</summary>
internal sealed class AsyncRunner
{
    private static readonly Task<Nothing> s_free = Task.FromResult(new Nothing());

    private readonly CollectingSink _sink = new();
    private readonly LockValidator _validator;
    private readonly AsyncLockAdapter[] _locks;
    private readonly System.Collections.Concurrent.ConcurrentBag<Task> _forgotten = [];

    private AsyncRunner()
    {
        _validator = new LockValidator(new LockValidatorOptions { Sinks = [_sink], CaptureStacks = false });
        _locks = [.. Enumerable.Range(0, AsyncScenario.MostLocks).Select(i => new AsyncLockAdapter(LockClass.Create($"L{i}"), validator: _validator))];
    }

    public static async Task<bool> IsCertainAsync(AsyncScenario scenario)
    {
        var runner = new AsyncRunner();
        foreach (AsyncStep[] flow in scenario.Flows)
        {
            // In a context of its own, as a request has.
            await Task.Run(() => Turn.Of(() => runner.RunAsync(flow))).ConfigureAwait(false);
            while (runner._forgotten.TryTake(out Task? forgotten))
            {
                await forgotten.ConfigureAwait(false); // it may forget others
            }
        }

        return runner._sink.Violations.Any(static violation => violation.Confidence == LockConfidence.Certain && violation.Kind != LockViolationKind.HeldOverAwait);
    }

    private async Task RunAsync(AsyncStep[] steps)
    {
        foreach (AsyncStep step in steps)
        {
            switch (step.Kind)
            {
                case 'A':
                    using (await _locks[step.Lock].Await(s_free).ConfigureAwait(false))
                    {
                        await RunAsync(step.Inside).ConfigureAwait(false);
                    }

                    break;
                case 'L':
                    RunOnThread(step);
                    break;
                case 'h':
                    await default(Turn);
                    break;
                case 'c':
                    await CallAsync(step.Inside).ConfigureAwait(false);
                    break;
                case 'b':
                    _forgotten.Add(CallAsync(step.Inside));
                    break;
                case 'l':
                    var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    Task later = UntilAsync([.. step.Inside.Take(1)], end.Task);
                    await RunAsync([.. step.Inside.Skip(1)]).ConfigureAwait(false);
                    await new Plain(later, end);
                    await default(Turn);
                    break;
                case 'j':
                    var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    Task joined = TrackedTask.Run(() => AfterAsync(begin.Task, step.Inside), _validator);
                    Turn.AtEnd(begin.SetResult);
                    await TrackedTask.Join(joined, _validator).ConfigureAwait(false);
                    await default(Turn);
                    break;
                case 'p':
                    var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    await new Plain(Task.Run(() => AfterAsync(go.Task, step.Inside)), go);
                    await default(Turn);
                    break;
                case 'w':
                    TrackedTask.Wait(StartAsync(step.Inside), _validator);
                    break;
                case 'f':
                    _forgotten.Add(StartAsync(step.Inside));
                    break;
                default:
                    _forgotten.Add(TrackedTask.Start(() => RunAsync(step.Inside), _validator));
                    break;
            }
        }
    }

    private async Task CallAsync(AsyncStep[] steps)
    {
        await RunAsync(steps).ConfigureAwait(false);
        await default(Turn);
    }

    private async Task AfterAsync(Task before, AsyncStep[] steps)
    {
        await before.ConfigureAwait(false);
        await default(Turn);
        await RunAsync(steps).ConfigureAwait(false);
    }

    private async Task UntilAsync(AsyncStep[] steps, Task end)
    {
        await RunAsync(steps).ConfigureAwait(false);
        await end.ConfigureAwait(false);
    }

    private Task StartAsync(AsyncStep[] steps) => TrackedTask.Run(() => Turn.Of(() => RunAsync(steps)), _validator);

    private void RunOnThread(AsyncStep step)
    {
        LockMap map = _locks[step.Lock].Map!;
        _validator.Acquire(map, "Runner.cs", 1);
        foreach (AsyncStep inside in step.Inside)
        {
            if (inside.Kind == 'L')
            {
                RunOnThread(inside);
            }
            else
            {
                TrackedTask.Wait(StartAsync(inside.Inside), _validator);
            }
        }

        _validator.Release(map);
    }

    /// <summary>
    /// A change of threads that waits until all that runs on the thread is suspended: whoever has called the method awaits it by then, if he does. What is known of an await
    /// that comes too late differs from run to run.
    /// </summary>
    private readonly struct Turn : ICriticalNotifyCompletion
    {
        [ThreadStatic]
        private static List<Action>? t_later;

        public bool IsCompleted => false;

        public Turn GetAwaiter() => this;

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation) => AtEnd(() => GoOn(continuation));

        public static void AtEnd(Action action)
        {
            if (t_later is { } later)
            {
                later.Add(action);
            }
            else
            {
                action();
            }
        }

        public void GetResult()
        {
        }

        public static Task Of(Func<Task> work)
        {
            List<Action>? outer = t_later; // the work may run on the stack of whoever blocks for it
            t_later = [];
            Task task = work();
            t_later.ForEach(static action => action());
            t_later = outer;
            return task;
        }

        private static void GoOn(Action continuation) => ThreadPool.UnsafeQueueUserWorkItem(
            static one => Of(() =>
            {
                one();
                return Task.CompletedTask;
            }),
            continuation,
            preferLocal: false);
    }

    private sealed class Nothing : IDisposable
    {
        public void Dispose()
        {
        }
    }

    /// <summary>A task's own awaiter, which lets the task go on when it has been registered: somebody waits before the task ends.</summary>
    private readonly struct Plain(Task task, TaskCompletionSource go) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Plain GetAwaiter() => this;

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation)
        {
            task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(continuation);
            Turn.AtEnd(go.SetResult);
        }

        public void GetResult() => task.GetAwaiter().GetResult();
    }
}
