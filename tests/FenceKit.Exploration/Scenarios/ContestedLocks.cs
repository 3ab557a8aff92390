namespace FenceKit.Exploration;

/// <summary>Two locks, and contexts that want both. Who holds a lock is noted beside it, so that two holders at once are seen.</summary>
internal sealed class ContestedLocks
{
    private const int Nobody = -1;

    private readonly WoundWaitLock[] _locks;
    private readonly WoundWaitContext[] _contexts;
    private readonly int[] _holders = [Nobody, Nobody];

    public ContestedLocks(WoundWaitPolicy policy, int contexts = 2)
    {
        Class = new WoundWaitClass("locks", policy);
        _locks = [new WoundWaitLock(Class), new WoundWaitLock(Class)];
        _contexts = new WoundWaitContext[contexts];
        for (int i = 0; i < contexts; i++)
        {
            _contexts[i] = new WoundWaitContext(Class);
        }
    }

    public WoundWaitClass Class { get; }

    public CancellationTokenSource Cancellation { get; } = new();

    public Flows Flows { get; } = new();

    public int GotBoth { get; private set; }

    public WoundWaitLock Lock(int index) => _locks[index];

    /// <summary>The protocol by hand: back off, take the contended lock the slow way, go on.</summary>
    public void TakeBoth(int who, int first, int second)
    {
        List<int> held = [];
        while (held.Count < 2)
        {
            int next = Next(who, held, first, second, out bool isSlow);
            WoundWaitOutcome outcome = isSlow
                ? _locks[next].LockSlow(_contexts[who], Timeout.InfiniteTimeSpan)
                : _locks[next].Lock(_contexts[who]);
            Account(who, next, outcome, held);
        }

        Finish(who, held);
    }

    public void TakeBothAsync(int who, int first, int second, FenceContinuation place = FenceContinuation.ThreadPool) => Flows.Start(async () =>
    {
        List<int> held = [];
        while (held.Count < 2)
        {
            int next = Next(who, held, first, second, out bool isSlow);
            WoundWaitOutcome outcome = isSlow
                ? await _locks[next].LockSlowAsync(_contexts[who], Timeout.InfiniteTimeSpan, place).ConfigureAwait(false)
                : await _locks[next].LockAsync(_contexts[who], Timeout.InfiniteTimeSpan, place).ConfigureAwait(false);
            Account(who, next, outcome, held);
        }

        Finish(who, held);
    });

    /// <summary>As a whole set; it retries by itself.</summary>
    public void TakeSet(int who, int first, int second)
    {
        using WoundWaitLockSet set = new(Class);
        Assert.True(set.Lock([_locks[first], _locks[second]], Timeout.InfiniteTimeSpan));
        NoteBoth(who, first, second);
        set.Unlock();
    }

    public void TakeSetAsync(int who, int first, int second, FenceContinuation place) => Flows.Start(async () =>
    {
        using WoundWaitLockSet set = new(Class);
        Assert.True(await set.LockAsync(new[] { _locks[first], _locks[second] }, Timeout.InfiniteTimeSpan, place).ConfigureAwait(false));
        NoteBoth(who, first, second);
        set.Unlock();
    });

    /// <summary>A plain holder: no context, no order to keep.</summary>
    public void TakeOne(int who, int index)
    {
        WoundWaiter.RentForThread(); // the next one is new: what a thread keeps must not outlive the execution
        Assert.True(_locks[index].Lock(Timeout.InfiniteTimeSpan));
        Enter(who, index);
        Leave(who, index);
        _locks[index].Unlock();
    }

    /// <summary>A flow that takes the lock alone, and again in the continuation that unlocking runs.</summary>
    public void TakeOneTwiceAsync(int who, int index, FenceContinuation place) => Flows.Start(async () =>
    {
        for (int turn = 0; turn < 2; turn++)
        {
            Assert.Equal(WoundWaitOutcome.Acquired, await _locks[index].LockAsync(_contexts[who], Timeout.InfiniteTimeSpan, place).ConfigureAwait(false));
            ReleaseAtOnce(who, index);
        }

        GotBoth++;
    });

    /// <summary>For set-up: a lock that is held when the bodies begin, by a flow that has ended: not by the one that sets up, which the bodies are a part of.</summary>
    public ContestedLocks HeldByNobody(int index)
    {
        ExecutionContext.Run(
            ExecutionContext.Capture()!,
            _ => Assert.True(_locks[index].LockAsync(Timeout.InfiniteTimeSpan).AsTask().IsCompletedSuccessfully),
            state: null);
        return this;
    }

    public void Release(int index) => _locks[index].Unlock();

    public void TakeOneUnlessCanceled(int who, int index)
    {
        try
        {
            Assert.Equal(WoundWaitOutcome.Acquired, _locks[index].Lock(_contexts[who], Timeout.InfiniteTimeSpan, Cancellation.Token));
            ReleaseAtOnce(who, index);
        }
        catch (OperationCanceledException)
        {
            Assert.True(Cancellation.IsCancellationRequested, "canceled by nobody");
        }
    }

    public void TakeOneUnlessCanceledAsync(int who, int index, FenceContinuation place = FenceContinuation.ThreadPool) => Flows.Start(async () =>
    {
        try
        {
            Assert.Equal(
                WoundWaitOutcome.Acquired,
                await _locks[index].LockAsync(_contexts[who], Timeout.InfiniteTimeSpan, place, Cancellation.Token).ConfigureAwait(false));
            ReleaseAtOnce(who, index);
        }
        catch (OperationCanceledException)
        {
            Assert.True(Cancellation.IsCancellationRequested, "canceled by nobody");
        }
    });

    public void TryTakeOne(int who, int index)
    {
        if (_locks[index].TryLock(_contexts[who]))
        {
            ReleaseAtOnce(who, index);
        }
    }

    /// <summary>At rest both locks are free, nobody waits, and no context holds anything.</summary>
    public void CheckFree()
    {
        Flows.CheckOver();
        foreach (WoundWaitLock free in _locks)
        {
            Assert.False(free.IsHeld, "a lock is held by nobody");
            Assert.True(free.TryLock());
            free.Unlock();
            Assert.False(free.IsHeld, "somebody was still in line");
        }

        Assert.All(_contexts, context => Assert.Equal(0, context.HeldLocks));
    }

    private int Next(int who, List<int> held, int first, int second, out bool isSlow)
    {
        WoundWaitLock? contended = _contexts[who].ContendedLock;
        isSlow = contended is not null;
        return contended is not null ? Array.IndexOf(_locks, contended) : held.Contains(first) ? second : first;
    }

    private void Account(int who, int index, WoundWaitOutcome outcome, List<int> held)
    {
        if (outcome == WoundWaitOutcome.MustBackOff)
        {
            Assert.NotEqual(0, who); // the oldest of all always gets through
            Assert.NotEmpty(held);
            foreach (int other in held)
            {
                Leave(who, other);
                _locks[other].Unlock(_contexts[who]);
            }

            held.Clear();
            return;
        }

        Assert.Equal(WoundWaitOutcome.Acquired, outcome);
        Enter(who, index);
        held.Add(index);
    }

    private void Finish(int who, List<int> held)
    {
        _contexts[who].Done();
        GotBoth++;
        foreach (int index in held)
        {
            Leave(who, index);
            _locks[index].Unlock(_contexts[who]);
        }

        _contexts[who].Dispose();
    }

    private void NoteBoth(int who, int first, int second)
    {
        Enter(who, first);
        Enter(who, second);
        GotBoth++;
        Leave(who, second);
        Leave(who, first);
    }

    private void ReleaseAtOnce(int who, int index)
    {
        Enter(who, index);
        Leave(who, index);
        _locks[index].Unlock(_contexts[who]);
    }

    private void Enter(int who, int index)
    {
        Assert.Equal(Nobody, _holders[index]);
        _holders[index] = who;
    }

    private void Leave(int who, int index)
    {
        Assert.Equal(who, _holders[index]);
        _holders[index] = Nobody;
    }
}
