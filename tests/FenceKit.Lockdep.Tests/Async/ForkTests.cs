// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Async;

/// <summary>Tasks that are started: what they take counts under the locks of whoever waits for them, and nothing follows from the others.</summary>
public sealed class ForkTests
{
    private readonly AsyncBench _bench = new();

    private LockValidator Validator => _bench.Validator;

    [Fact]
    public async Task A_task_that_is_started_and_awaited_takes_its_lock_under_that_of_its_starter()
    {
        await ReverseAsync();
        using (await _bench["A"].LockAsync())
        {
            await TrackedTask.Join(TrackedTask.Run(() => TakeAsync("B"), Validator), Validator);
        }

        LockViolation report = _bench.Single(LockViolationKind.CircularDependency);
        Assert.Equal(LockConfidence.Certain, report.Confidence);
        Assert.Contains("for which", report.Thread, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plain_await_of_a_task_that_goes_on_in_its_end_is_seen_without_a_word()
    {
        await ReverseAsync();
        using (await _bench["A"].LockAsync())
        {
            var awaited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task child = Task.Run(async () =>
            {
                await TakeAsync("B");
                await awaited.Task;
            });
            await new Announcing(child, awaited);
        }

        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
    }

    [Fact]
    public async Task A_plain_await_of_work_that_does_not_await_is_seen_as_well()
    {
        await ReverseAsync();
        using (await _bench["A"].LockAsync())
        {
            using var awaited = new SemaphoreSlim(0);
            Task child = Task.Run(() =>
            {
                using (_bench["B"].LockAsync().GetAwaiter().GetResult())
                {
                }

                awaited.Wait();
            });
            await new Announcing(child, awaited);
        }

        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("start")]
    [InlineData("thread")]
    [InlineData("continue")]
    [InlineData("tracked")]
    public async Task Fire_and_forget_adds_nothing(string how)
    {
        await ReverseAsync();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (await _bench["A"].LockAsync())
        {
            switch (how)
            {
                case "run":
                    _ = Task.Run(WorkAsync);
                    break;
                case "start":
                    _ = Task.Factory.StartNew(WorkAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                    break;
                case "thread":
                    new Thread(() => WorkAsync().GetAwaiter().GetResult()).Start();
                    break;
                case "continue":
                    _ = Task.CompletedTask.ContinueWith(_ => WorkAsync(), TaskScheduler.Default);
                    break;
                default:
                    _ = TrackedTask.Start(WorkAsync, Validator);
                    break;
            }

            await done.Task; // the flow knows that the task is through, as by any other way, but not from the task
            await AsyncBench.HopAsync();
        }

        Assert.Equal(["B -> A"], _bench.Edges);
        Assert.Empty(_bench.Reports);

        async Task WorkAsync()
        {
            await TakeAsync("B");
            await AsyncBench.HopAsync();
            await TakeAsync("B");
            done.SetResult();
        }
    }

    [Fact]
    public async Task Nothing_counts_that_is_awaited_when_the_lock_has_been_let_go()
    {
        Task child;
        using (await _bench["A"].LockAsync())
        {
            child = TrackedTask.Run(() => TakeAsync("B"), Validator);
        }

        await TrackedTask.Join(child, Validator);
        Assert.Empty(_bench.Edges);
    }

    [Fact]
    public async Task What_the_task_takes_after_somebody_began_to_wait_is_judged_at_once()
    {
        await ReverseAsync();
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task holder;
        Task child = TrackedTask.Run(
            async () =>
            {
                await go.Task;
                await TakeAsync("B");
                Assert.Single(_bench.Reports); // before anybody's wait is over
                taken.SetResult();
            },
            Validator);
        holder = HoldAsync();
        Assert.Empty(_bench.Reports);
        go.SetResult();
        await taken.Task;
        await holder;

        async Task HoldAsync()
        {
            using (await _bench["A"].LockAsync())
            {
                await TrackedTask.Join(child, Validator);
            }
        }
    }

    [Fact]
    public async Task A_task_that_wants_what_its_holder_keeps_while_he_awaits_it_is_certain()
    {
        using var cancellation = new CancellationTokenSource();
        using (await _bench["A"].LockAsync())
        {
            Task child = TrackedTask.Run(async () => await _bench["A"].LockAsync(cancellation.Token), Validator);
            Task joined = TrackedTask.Join(child, Validator);
            SpinWait.SpinUntil(() => _bench.Reports.Count > 0); // with no hang: the report does not need one
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => joined);
        }

        LockViolation report = _bench.Single(LockViolationKind.Recursion);
        Assert.Equal(LockConfidence.Certain, report.Confidence);
        Assert.Contains("for which its holder waits", report.Message, StringComparison.Ordinal);
        Assert.Equal("awaits the task", report.Interleaving[^1].Text);
    }

    [Fact]
    public void Blocking_for_a_task_under_a_lock_of_the_thread_that_the_task_needs_is_certain_and_told_before_it_hangs()
    {
        var bench = new AsyncBench(LockViolationSink.Throwing);
        var inner = new TrackedLock(bench.Class("L"), "L", bench.Validator);
        Task child = TrackedTask.Run(
            () =>
            {
                using (inner.EnterScope())
                {
                }

                return Task.CompletedTask;
            },
            bench.Validator);
        TrackedTask.Wait(child, bench.Validator);
        using (inner.EnterScope())
        {
            Assert.Throws<LockViolationException>(() => TrackedTask.Wait(child, bench.Validator));
        }

        LockViolation report = bench.Single(LockViolationKind.Recursion);
        Assert.Equal(LockConfidence.Certain, report.Confidence);
        Assert.Contains("blocks", report.Message, StringComparison.Ordinal);
        TrackedTask.Wait(child, bench.Validator);
    }

    [Fact]
    public async Task All_tasks_of_a_set_count()
    {
        using (await _bench["A"].LockAsync())
        {
            await TrackedTask.WhenAll([TrackedTask.Run(() => TakeAsync("B"), Validator), TrackedTask.Run(() => TakeAsync("C"), Validator)], Validator);
        }

        Assert.Equal(["A -> B", "A -> C"], _bench.Edges);
    }

    [Fact]
    public async Task Two_tasks_of_a_set_in_opposite_orders_are_a_circle()
    {
        await TrackedTask.WhenAll([TrackedTask.Run(() => BothAsync("A", "B"), Validator), TrackedTask.Run(() => LaterAsync("B", "A"), Validator)], Validator);
        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);

        // One after the other, so that they do not hang.
        async Task LaterAsync(string first, string second)
        {
            SpinWait.SpinUntil(() => _bench.Edges.Any() && !_bench["A"].IsTaken);
            await BothAsync(first, second);
        }
    }

    [Fact]
    public async Task A_task_of_a_task_counts_when_both_are_awaited()
    {
        using (await _bench["A"].LockAsync())
        {
            await TrackedTask.Join(
                TrackedTask.Run(
                    async () =>
                    {
                        using (await _bench["B"].LockAsync())
                        {
                            await TrackedTask.Join(TrackedTask.Run(() => TakeAsync("C"), Validator), Validator);
                        }

                        _ = TrackedTask.Run(() => TakeAsync("D"), Validator);
                    },
                    Validator),
                Validator);
        }

        Assert.Equal(["A -> B", "A -> C", "B -> C"], _bench.Edges);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_forgotten_task_has_waited_for_counts_when_its_starter_let_go_in_between(bool isJoinedFirst)
    {
        await AsyncBench.HopAsync();
        await BothAsync("C", "B");
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var letGo = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task forgotten;
        using (await _bench["A"].LockAsync())
        {
            forgotten = TrackedTask.Run(WorkAsync, Validator);
            await taken.Task; // as by any other way
        }

        letGo.SetResult();
        await forgotten;
        Assert.Equal(LockConfidence.Certain, _bench.Reports[^1].Confidence);

        async Task WorkAsync()
        {
            Task child = TrackedTask.Run(
                async () =>
                {
                    await (isJoinedFirst ? joined.Task : Task.CompletedTask);
                    await BothAsync("B", "C");
                    taken.SetResult();
                },
                Validator);
            if (!isJoinedFirst)
            {
                await letGo.Task;
            }

            Task whole = TrackedTask.Join(child, Validator);
            joined.SetResult();
            await whole;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_forgotten_task_has_taken_is_its_own_as_soon_as_its_starter_lets_go(bool isHandedOver)
    {
        await AsyncBench.HopAsync();
        await BothAsync("C", "B");
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (isHandedOver ? (await HandOverAsync("A")).Adopt() : await _bench["A"].LockAsync())
        {
            _ = TrackedTask.Run(
                async () =>
                {
                    await BothAsync("B", "C");
                    taken.SetResult();
                },
                Validator);
            await taken.Task; // as by any other way
            Assert.DoesNotContain(_bench.Reports, static report => report.Confidence == LockConfidence.Certain);
        }

        Assert.Equal(LockConfidence.Certain, _bench.Reports[^1].Confidence);
    }

    [Fact]
    public async Task The_bodies_of_a_parallel_loop_that_is_awaited_count()
    {
        using (await _bench["A"].LockAsync())
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, 4), async (_, _) => await TakeAsync("B"));
        }

        Assert.Equal(["A -> B"], _bench.Edges);
    }

    // Leaves the context of the test host as well.
    private async Task ReverseAsync()
    {
        await AsyncBench.HopAsync();
        await BothAsync("B", "A");
        Assert.Empty(_bench.Reports);
    }

    private async Task<LockHold> HandOverAsync(string name) => await _bench[name].LockAsync();

    private async Task BothAsync(string first, string second)
    {
        using (await _bench[first].LockAsync())
        using (await _bench[second].LockAsync())
        {
        }
    }

    private async Task TakeAsync(string name)
    {
        using (await _bench[name].LockAsync())
        {
            await AsyncBench.HopAsync();
        }
    }

    /// <summary>The plain awaiter of a task, which tells when it has been registered, so that the test does not depend on who is faster.</summary>
    private readonly struct Announcing(Task task, object told) : System.Runtime.CompilerServices.ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Announcing GetAwaiter() => this;

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation)
        {
            object tell = told;
            task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(continuation);
            if (tell is TaskCompletionSource source)
            {
                source.SetResult();
            }
            else
            {
                ((SemaphoreSlim)tell).Release();
            }
        }

        public void GetResult() => task.GetAwaiter().GetResult();
    }
}
