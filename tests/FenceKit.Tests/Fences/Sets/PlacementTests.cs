// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Where the code after the await of a wait set or of a lock runs: never on the stack of whoever ends the wait.</summary>
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
    public void The_thread_pool_goes_on_there_and_never_on_the_stack_of_whoever_ends_the_wait(Kind kind)
    {
        QueueContext context = new();
        bool onPool = false;
        int thread = 0;
        Task wait = Task.CompletedTask;
        context.Enter(() => wait = Begin(kind, onContext: false, () =>
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
        context.Enter(() => wait = Begin(kind, onContext: true, () => there = SynchronizationContext.Current == context));
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
            Assert.True(Await(kind, onContext: true, () => thread = Environment.CurrentManagedThreadId).IsCompletedSuccessfully);
            Assert.Equal(Environment.CurrentManagedThreadId, thread);
        });
    }

    [Fact]
    public async Task A_wait_begins_with_the_call()
    {
        Hold(Kind.LockAlone);
        ValueTask<bool> wait = _lock.LockAsync(Limit.Time);
        End(Kind.LockAlone); // gives the lock to who stands in line
        Assert.True(_lock.IsHeld);
        Assert.True(await wait);
        _lock.Unlock();
    }

    [Fact]
    public void A_plain_lock_can_be_waited_for_without_a_thread()
    {
        TestThread.Run(() => Assert.True(Limit.On(_lock.LockAsync(Limit.Time).AsTask()))); // somebody else's, see Hold
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

    private Task Begin(Kind kind, bool onContext, Action after)
    {
        Hold(kind);
        return Await(kind, onContext, after);
    }

    private Task Await(Kind kind, bool onContext, Action after) => kind switch
    {
        Kind.WaitSet => Run(_set.WaitAnyAsync(Limit.Time), onContext, after),
        Kind.LockWithContext => Run(_lock.LockAsync(_waiter, Limit.Time), onContext, after),
        Kind.LockAlone => Run(_lock.LockAsync(Limit.Time), onContext, after),
        _ => Run(new WoundWaitLockSet(_class).LockAsync(new[] { _lock }, Limit.Time), onContext, after),
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

    private static async Task Run<TResult>(ValueTask<TResult> wait, bool onContext, Action after)
    {
        await wait.ConfigureAwait(onContext);
        after();
    }
}
