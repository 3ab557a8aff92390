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
            await Task.Run(() => runner.RunAsync(flow)).ConfigureAwait(false);
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
                    await Task.Yield();
                    break;
                case 'c':
                    await CallAsync(step.Inside).ConfigureAwait(false);
                    break;
                case 'j':
                    await TrackedTask.Join(TrackedTask.Run(() => RunAsync(step.Inside), _validator), _validator).ConfigureAwait(false);
                    break;
                case 'p':
                    var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    await new Plain(Task.Run(() => AfterAsync(go.Task, step.Inside)), go);
                    break;
                case 'w':
                    TrackedTask.Wait(TrackedTask.Run(() => RunAsync(step.Inside), _validator), _validator);
                    break;
                case 'f':
                    _forgotten.Add(TrackedTask.Run(() => RunAsync(step.Inside), _validator));
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
        await Task.Yield();
    }

    private async Task AfterAsync(Task before, AsyncStep[] steps)
    {
        await before.ConfigureAwait(false);
        await RunAsync(steps).ConfigureAwait(false);
    }

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
                TrackedTask.Wait(TrackedTask.Run(() => RunAsync(inside.Inside), _validator), _validator);
            }
        }

        _validator.Release(map);
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
            TaskCompletionSource open = go;
            task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(continuation);
            open.SetResult();
        }

        public void GetResult() => task.GetAwaiter().GetResult();
    }
}
