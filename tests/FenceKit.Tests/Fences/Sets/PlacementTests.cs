// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Where the code after the await of a wait set or of a lock runs: each kind of wait offers the same three places.</summary>
public sealed class PlacementTests : IDisposable
{
    private readonly FenceTimeline _timeline = new("device");
    private readonly FenceWaitSet _set = new(2);
    private readonly WoundWaitClass _class = new("class");
    private readonly WoundWaitContext _holder;
    private readonly WoundWaitContext _waiter;
    private readonly WoundWaitLock _lock;

    public PlacementTests()
    {
        _holder = new WoundWaitContext(_class);
        _waiter = new WoundWaitContext(_class);
        _lock = new WoundWaitLock(_class);
    }

    /// <summary>The waits that give a result, each with what ends it.</summary>
    public enum Kind
    {
        WaitSet,
        LockWithContext,
        LockAlone,
        LockSet,
    }

    public static TheoryData<Kind> Kinds => [Kind.WaitSet, Kind.LockWithContext, Kind.LockAlone, Kind.LockSet];

    public void Dispose() => _set.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Inline_goes_on_inside_the_call_that_ends_the_wait(Kind kind)
    {
        int thread = 0;
        Task wait = Begin(kind, FenceContinuation.Inline, () => thread = Environment.CurrentManagedThreadId);
        int ender = 0;
        int during = -1;
        TestThread.Run(() =>
        {
            ender = Environment.CurrentManagedThreadId;
            End(kind);
            during = thread;
        });
        Limit.On(wait);
        Assert.Equal(ender, during);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_thread_pool_goes_on_there_and_never_on_the_stack_of_whoever_ends_the_wait(Kind kind)
    {
        QueueContext context = new();
        bool onPool = false;
        int thread = 0;
        Task wait = Task.CompletedTask;
        context.Enter(() => wait = Begin(kind, FenceContinuation.ThreadPool, () =>
        {
            onPool = Thread.CurrentThread.IsThreadPoolThread;
            thread = Environment.CurrentManagedThreadId;
        }));
        int ender = 0;
        TestThread.Run(() =>
        {
            ender = Environment.CurrentManagedThreadId;
            End(kind);
        });
        Limit.On(wait);
        Assert.True(onPool);
        Assert.NotEqual(ender, thread);
        Assert.Equal(0, context.Posted);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void By_default_the_captured_context_gets_the_continuation(Kind kind)
    {
        QueueContext context = new();
        bool there = false;
        Task wait = Task.CompletedTask;
        context.Enter(() => wait = Begin(kind, FenceContinuation.CapturedContext, () => there = SynchronizationContext.Current == context));
        TestThread.Run(() => End(kind));
        Limit.Until(() => context.Posted > 0, "The post to the captured context");
        Assert.False(wait.IsCompleted);
        context.RunAll();
        Limit.On(wait);
        Assert.True(there);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_wait_that_has_nothing_to_wait_for_goes_on_at_once(Kind kind)
    {
        int thread = 0;
        if (kind == Kind.WaitSet)
        {
            _set.Set(0, default);
        }

        TestThread.Run(() =>
        {
            Assert.True(Await(kind, FenceContinuation.CapturedContext, () => thread = Environment.CurrentManagedThreadId).IsCompletedSuccessfully);
            Assert.Equal(Environment.CurrentManagedThreadId, thread);
        });
    }

    [Fact]
    public void A_place_that_is_none_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>("continuation", () => _set.WaitAnyAsync(Limit.Time).ConfigureAwait((FenceContinuation)7));
    }

    [Fact]
    public void The_awaiter_blocks_when_it_is_asked_too_early_and_throws_when_it_is_asked_twice()
    {
        FenceAwaiter<FenceWaitResult> awaiter = _set.WaitAnyAsync(Limit.Time).GetAwaiter();
        Assert.False(awaiter.IsCompleted);
        TestThread ender = TestThread.Start(() => _set.Set(1, default));
        Assert.Equal(1, Ask(awaiter).Index);
        ender.Join();
        Assert.Throws<InvalidOperationException>(() => Ask(awaiter));
    }

    [Fact]
    public void A_plain_lock_can_be_waited_for_without_a_thread()
    {
        Assert.True(Limit.On(_lock.LockAsync(Limit.Time).AsTask()));
        Assert.False(Limit.On(_lock.LockAsync(TimeSpan.FromTicks(1)).AsTask()));
        using CancellationTokenSource cancellation = new();
        Task<bool> canceled = _lock.LockAsync(Limit.Time, cancellation.Token).AsTask();
        Task<bool> waiting = _lock.LockAsync(Limit.Time).AsTask();
        cancellation.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Limit.On(canceled));
        Assert.False(waiting.IsCompleted);
        _lock.Unlock();
        Assert.True(Limit.On(waiting));
        _lock.Unlock();
        Assert.False(_lock.IsHeld);
    }

    private Task Begin(Kind kind, FenceContinuation continuation, Action after)
    {
        Hold(kind);
        return Await(kind, continuation, after);
    }

    private Task Await(Kind kind, FenceContinuation continuation, Action after) => kind switch
    {
        Kind.WaitSet => Run(_set.WaitAnyAsync(Limit.Time).ConfigureAwait(continuation), after),
        Kind.LockWithContext => Run(_lock.LockAsync(_waiter, Limit.Time).ConfigureAwait(continuation), after),
        Kind.LockAlone => Run(_lock.LockAsync(Limit.Time).ConfigureAwait(continuation), after),
        _ => Run(new WoundWaitLockSet(_class).LockAsync(new[] { _lock }, Limit.Time).ConfigureAwait(continuation), after),
    };

    private void Hold(Kind kind)
    {
        if (kind == Kind.WaitSet)
        {
            _set.Set(0, _timeline.Issue());
        }
        else
        {
            // Somebody else's: a thread that waited for what it holds would wait for itself.
            TestThread.Run(() => Assert.Equal(WoundWaitOutcome.Acquired, _lock.Lock(_holder)));
        }
    }

    private void End(Kind kind)
    {
        if (kind == Kind.WaitSet)
        {
            _timeline.Signal(_timeline.Issued);
        }
        else
        {
            _lock.Unlock(_holder);
        }
    }

    private static FenceWaitResult Ask(FenceAwaiter<FenceWaitResult> awaiter) => awaiter.GetResult();

    private static async Task Run<TResult>(FenceAwaitable<TResult> wait, Action after)
    {
        await wait;
        after();
    }
}
