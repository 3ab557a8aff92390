// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Rules;

namespace FenceKit.Lockdep.Tests.Async;

/// <summary>Threads that block for asynchronous work: under what the work needs, in the context that it has to go on in, and in the pool that has to do it.</summary>
public sealed class BlockingTests
{
    private readonly AsyncBench _bench = new();

    private LockValidator Validator => _bench.Validator;

    [Fact]
    public void Blocking_for_a_method_under_what_it_needs_later_is_certain_and_told_before_it_hangs()
    {
        var bench = new AsyncBench(LockViolationSink.Throwing);
        TrackedLock table = new(bench.Class("table"), "table", bench.Validator);
        TrackedTask.Wait(WorkAsync, bench.Validator); // with nothing held it is harmless, and its end is seen
        Task work = TrackedTask.Run(WorkAsync, bench.Validator);
        TrackedTask.Wait(work, bench.Validator);
        using (table.EnterScope())
        {
            Assert.Throws<LockViolationException>(() => TrackedTask.Wait(work, bench.Validator));
        }

        LockViolation report = bench.Single(LockViolationKind.Recursion);
        Assert.Equal(LockConfidence.Certain, report.Confidence);
        Assert.Contains("blocks", report.Message, StringComparison.Ordinal);

        async Task WorkAsync()
        {
            await AsyncBench.HopAsync();
            using (table.EnterScope())
            {
            }
        }
    }

    [Fact]
    public void A_method_that_is_blocked_for_takes_its_locks_under_those_of_the_thread()
    {
        TrackedLock outer = new(_bench.Class("L"), "L", Validator);
        using (outer.EnterScope())
        {
            TrackedTask.Wait(WorkAsync, Validator);
        }

        Assert.Contains("L -> A", _bench.Edges);
        Assert.Empty(_bench.Reports);

        async Task WorkAsync()
        {
            await AsyncBench.HopAsync();
            using (await _bench["A"].LockAsync())
            {
            }
        }
    }

    [Fact]
    public void What_begins_on_the_thread_that_blocks_may_enter_its_locks_again()
    {
        TrackedLock outer = new(_bench.Class("L"), "L", Validator);
        using (outer.EnterScope())
        {
            TrackedTask.Wait(
                () =>
                {
                    using (outer.EnterScope())
                    {
                    }

                    return Task.CompletedTask;
                },
                Validator);
        }

        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void Results_and_exceptions_are_those_of_the_task()
    {
        Assert.Equal(7, TrackedTask.Wait(() => Task.FromResult(7), Validator));
        Assert.Equal(8, TrackedTask.Wait(TrackedTask.Run(() => Task.FromResult(8), Validator), Validator));
        Assert.Throws<FormatException>(() => TrackedTask.Wait(static () => Task.FromException(new FormatException()), Validator));
        Assert.Throws<FormatException>(() => TrackedTask.Wait(Task.FromException(new FormatException()), Validator));
    }

    [Fact]
    public void Blocking_in_a_context_with_one_thread_for_a_method_that_goes_on_there_is_certain()
    {
        using var context = new OneThread();
        ExclusiveContext declared = ExclusiveContext.For(context);
        Assert.Same(declared, ExclusiveContext.For(context));
        HangAndTell(context.Begin);
        context.ServeElsewhere(); // which ends it
    }

    [Fact]
    public void The_same_on_a_scheduler_that_runs_one_thing_at_a_time_needs_no_word()
    {
        using var scheduler = new OneThreadScheduler();
        HangAndTell(work => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.None, scheduler));
        scheduler.ServeElsewhere();
    }

    // Blocks for good, as it does without FenceKit, and is told of.
    private void HangAndTell(Action<Action> begin)
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var awaits = new ManualResetEventSlim();
        begin(() => TrackedTask.Wait(
            () =>
            {
                Task work = AwaitAsync();
                awaits.Set();
                return work;
            },
            Validator));
        awaits.Wait();
        go.SetResult();
        SpinWait.SpinUntil(() => _bench.Reports.Count > 0);
        LockViolation report = _bench.Single(LockViolationKind.Recursion);
        Assert.Equal(LockConfidence.Certain, report.Confidence);
        Assert.Contains("runs one thing at a time", report.Message, StringComparison.Ordinal);

        async Task AwaitAsync() => await go.Task;
    }

    [Fact]
    public async Task An_awaited_lock_that_wants_to_go_on_in_the_context_is_told_before_it_hangs()
    {
        var bench = new AsyncBench(LockViolationSink.Throwing);
        using var context = new OneThread();
        ExclusiveContext.For(context);
        LockHold held = await bench["A"].LockAsync();
        Task work = Task.CompletedTask;
        Task<Exception?> told = context.Run<Exception?>(() =>
        {
            work = TrackedTask.Start(
                async () =>
                {
                    using (await bench["A"].LockAsync())
                    {
                    }
                },
                bench.Validator);
            return Record.Exception(() => TrackedTask.Wait(work, bench.Validator));
        });
        Assert.IsType<LockViolationException>(await told);
        held.Dispose();
        await work;
        Assert.Equal(LockConfidence.Certain, bench.Single(LockViolationKind.Recursion).Confidence);
    }

    [Fact]
    public async Task Going_on_anywhere_is_no_fault()
    {
        using var context = new OneThread();
        ExclusiveContext.For(context);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var awaits = new ManualResetEventSlim();
        Task done = context.Run<object?>(() =>
        {
            TrackedTask.Wait(
                () =>
                {
                    Task work = AwaitAsync();
                    awaits.Set();
                    return work;
                },
                Validator);
            return null;
        });
        awaits.Wait();
        go.SetResult();
        await done;
        Assert.Empty(_bench.Reports);

        async Task AwaitAsync() => await go.Task.ConfigureAwait(false);
    }

    [Fact]
    public async Task A_context_that_nobody_called_exclusive_is_taken_to_have_many_threads()
    {
        using var context = new OneThread();
        Task done = context.Run<object?>(() =>
        {
            Task work = TrackedTask.Run(() => Task.CompletedTask, Validator);
            TrackedTask.Wait(work, Validator);
            return null;
        });
        await done;
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void Blocking_in_a_section_that_must_not_wait_is_reported()
    {
        using (Validator.EnterNoWaitSection())
        {
            TrackedTask.Wait(Task.CompletedTask, Validator);
        }

        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.WaitInSection).Confidence);
    }

    [Fact]
    public async Task A_thread_of_the_pool_that_blocks_for_the_pool_is_told_of_starvation()
    {
        using var go = new ManualResetEventSlim();
        using var isOnPool = new ManualResetEventSlim();
        Task blocking = Task.Run(() => TrackedTask.Wait(
            TrackedTask.Run(
                () =>
                {
                    isOnPool.Set();
                    go.Wait();
                    return Task.CompletedTask;
                },
                Validator),
            Validator));
        SpinWait.SpinUntil(() => _bench.Reports.Count > 0);
        go.Set();
        await blocking;
        LockViolation report = _bench.Single(LockViolationKind.InvalidWaitContext);
        Assert.Contains("pool", report.Message, StringComparison.Ordinal);
        Assert.NotEqual(LockConfidence.Certain, report.Confidence);
    }

    [Theory]
    [InlineData(1, 4, 100, LockConfidence.Possible)]
    [InlineData(3, 4, 100, LockConfidence.Possible)]
    [InlineData(4, 4, 100, LockConfidence.Likely)]
    [InlineData(99, 99, 100, LockConfidence.Likely)]
    [InlineData(100, 100, 100, LockConfidence.Certain)]
    public void Starvation_is_the_surer_the_fewer_threads_are_left(int blocked, int threads, int most, LockConfidence expected)
    {
        PoolStarvation judged = PoolStarvation.Judge(blocked, threads, most);
        Assert.Equal(expected, judged.Confidence);
        Assert.Equal(expected == LockConfidence.Certain, judged.Assumption is null);
    }

    /// <summary>A context with one thread, as a user interface has it.</summary>
    private sealed class OneThread : SynchronizationContext, IDisposable
    {
        private readonly System.Collections.Concurrent.BlockingCollection<Action> _work = [];

        public OneThread() => Serve();

        public void Begin(Action work) => _work.Add(work);

        public Task<T> Run<T>(Func<T> work)
        {
            var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            _work.Add(() => done.SetResult(work()));
            return done.Task;
        }

        /// <summary>What is queued is done by another thread, because the first one hangs.</summary>
        public void ServeElsewhere() => Serve();

        public override void Post(SendOrPostCallback d, object? state) => _work.Add(() => d(state));

        public void Dispose() => _work.CompleteAdding();

        private void Serve() => new Thread(() =>
        {
            SetSynchronizationContext(this);
            foreach (Action work in _work.GetConsumingEnumerable())
            {
                work();
            }
        }) { IsBackground = true }.Start();
    }

    private sealed class OneThreadScheduler : TaskScheduler, IDisposable
    {
        private readonly System.Collections.Concurrent.BlockingCollection<Task> _tasks = [];

        public OneThreadScheduler() => ServeElsewhere();

        public override int MaximumConcurrencyLevel => 1;

        public void ServeElsewhere() => new Thread(() =>
        {
            foreach (Task task in _tasks.GetConsumingEnumerable())
            {
                TryExecuteTask(task);
            }
        }) { IsBackground = true }.Start();

        public void Dispose() => _tasks.CompleteAdding();

        protected override IEnumerable<Task> GetScheduledTasks() => [.. _tasks];

        protected override void QueueTask(Task task) => _tasks.Add(task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;
    }
}
