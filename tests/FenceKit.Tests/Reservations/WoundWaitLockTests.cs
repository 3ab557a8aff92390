// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Tests.Reservations;

/// <summary>Locks of which any set can be taken in any order. Rule R23.</summary>
public class WoundWaitLockTests
{
    private static readonly TimeSpan s_none = TimeSpan.Zero;

    public static TheoryData<WoundWaitPolicy> Policies => [WoundWaitPolicy.WoundWait, WoundWaitPolicy.WaitDie];

    [Fact]
    public void Without_a_context_it_is_a_plain_lock()
    {
        WoundWaitLock plain = new(new WoundWaitClass("class"));
        Assert.True(plain.TryLock());
        Assert.False(plain.TryLock());
        Assert.False(plain.Lock(s_none));
        TestThread waiter = TestThread.Start(() =>
        {
            Assert.True(plain.Lock(Limit.Time));
            plain.Unlock();
        });
        waiter.UntilBlocked();
        plain.Unlock();
        waiter.Join();
        Assert.False(plain.IsHeld);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void A_lock_that_the_context_holds_says_so_and_is_unlocked_once(WoundWaitPolicy policy)
    {
        using World world = new(policy);
        Assert.Equal(WoundWaitOutcome.Acquired, world.Old.Lock(world.A));
        Assert.Equal(WoundWaitOutcome.AlreadyHeld, world.Old.Lock(world.A));
        world.Old.Unlock(world.A);
        Assert.False(world.A.IsHeld);
        Assert.Equal(0, world.Old.Context.HeldLocks);
    }

    [Fact]
    public void Wait_die_the_younger_that_holds_a_lock_backs_off_at_once_and_gets_through_by_the_slow_path()
    {
        using World world = new(WoundWaitPolicy.WaitDie);
        Assert.Equal(WoundWaitOutcome.Acquired, world.Old.Lock(world.A));
        Assert.Equal(WoundWaitOutcome.Acquired, world.Young.Lock(world.B));

        Assert.Equal(WoundWaitOutcome.MustBackOff, world.Young.Lock(world.A));

        Assert.Same(world.A, world.Young.Context.ContendedLock);
        world.Young.Unlock(world.B);
        Assert.Equal(WoundWaitOutcome.TimedOut, world.Young.LockSlow(world.A, s_none));
        world.Old.Unlock(world.A);
        Assert.Equal(WoundWaitOutcome.Acquired, world.Young.LockSlow(world.A, s_none));
        Assert.Equal(WoundWaitOutcome.Acquired, world.Young.Lock(world.B));
        Assert.Null(world.Young.Context.ContendedLock);
    }

    [Fact]
    public void Wait_die_the_older_waits_and_a_younger_that_waits_with_locks_dies_when_an_older_gets_in_line()
    {
        using World world = new(WoundWaitPolicy.WaitDie);
        Assert.True(world.A.TryLock()); // by nobody: everybody may wait for it
        Assert.Equal(WoundWaitOutcome.Acquired, world.Young.Lock(world.B));
        Task<WoundWaitOutcome> young = world.Young.LockAsync(world.A);
        Assert.False(young.IsCompleted);

        Task<WoundWaitOutcome> old = world.Old.LockAsync(world.A);

        Assert.Equal(WoundWaitOutcome.MustBackOff, Limit.On(young));
        Assert.False(old.IsCompleted);
        world.A.Unlock();
        Assert.Equal(WoundWaitOutcome.Acquired, Limit.On(old));
    }

    [Fact]
    public void Wound_wait_the_older_wounds_the_holder_which_notices_at_its_next_contention()
    {
        using World world = new(WoundWaitPolicy.WoundWait);
        WoundWaitLock c = new(world.Class);
        Assert.Equal(WoundWaitOutcome.Acquired, world.Old.Lock(world.A));
        Assert.Equal(WoundWaitOutcome.Acquired, world.Young.Lock(world.B));
        Task<WoundWaitOutcome> old = world.Old.LockAsync(world.B); // wounds
        Assert.Equal(WoundWaitOutcome.Acquired, world.Young.Lock(c)); // free: no contention, nothing to notice

        Assert.Equal(WoundWaitOutcome.MustBackOff, world.Young.Lock(world.A));

        world.Young.Unlock(c);
        world.Young.Unlock(world.B);
        Assert.Equal(WoundWaitOutcome.Acquired, Limit.On(old));
    }

    [Fact]
    public void Wound_wait_a_holder_that_is_waiting_is_woken_to_back_off()
    {
        using World world = new(WoundWaitPolicy.WoundWait);
        Assert.Equal(WoundWaitOutcome.Acquired, world.Old.Lock(world.A));
        Assert.Equal(WoundWaitOutcome.Acquired, world.Young.Lock(world.B));
        Task<WoundWaitOutcome> young = world.Young.LockAsync(world.A);
        Assert.False(young.IsCompleted);

        Task<WoundWaitOutcome> old = world.Old.LockAsync(world.B);

        Assert.Equal(WoundWaitOutcome.MustBackOff, Limit.On(young));
        world.Young.Unlock(world.B);
        Assert.Equal(WoundWaitOutcome.Acquired, Limit.On(old));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Contexts_wait_by_age_and_those_without_in_the_order_in_which_they_came(WoundWaitPolicy policy)
    {
        using World world = new(policy);
        Assert.True(world.A.TryLock());
        Task<WoundWaitOutcome> young = world.Young.LockAsync(world.A);
        Task<WoundWaitOutcome> old = world.Old.LockAsync(world.A);
        Task<WoundWaitOutcome> between = world.Middle.LockAsync(world.A);

        world.A.Unlock();
        Assert.Equal(WoundWaitOutcome.Acquired, Limit.On(old));
        Assert.False(between.IsCompleted || young.IsCompleted);
        world.Old.Unlock(world.A);
        Assert.Equal(WoundWaitOutcome.Acquired, Limit.On(between));
        Assert.False(young.IsCompleted);
        world.Middle.Unlock(world.A);
        Assert.Equal(WoundWaitOutcome.Acquired, Limit.On(young));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Time_and_token_end_a_wait_and_leave_the_line(WoundWaitPolicy policy)
    {
        using World world = new(policy);
        using CancellationTokenSource cancellation = new();
        Assert.True(world.A.TryLock());
        Assert.Equal(WoundWaitOutcome.TimedOut, world.Old.Lock(world.A, TimeSpan.FromTicks(1)));
        Task<WoundWaitOutcome> wait = world.Old.LockAsync(world.A, cancellation.Token);
        cancellation.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Limit.On(wait));
        world.A.Unlock();
        Assert.False(world.A.IsHeld);
        Assert.Equal(0, world.Old.Context.HeldLocks);
    }

    [Fact]
    public void Each_violation_of_the_protocol_is_named()
    {
        using LockSectionScope asked = ContractReports.AskedFor("each rule of the protocol is broken, by one thread that plays several holders");
        using World world = new(WoundWaitPolicy.WaitDie);
        (WoundWaitContext old, WoundWaitContext young) = (world.Old.Context, world.Young.Context);
        WoundWaitLock foreign = new(new WoundWaitClass("other"));
        Assert.Contains("class other", Assert.Throws<ArgumentException>(() => foreign.Lock(old)).Message, StringComparison.Ordinal);
        Assert.Throws<SynchronizationLockException>(() => world.A.Unlock(old));
        Assert.Throws<InvalidOperationException>(() => world.A.LockSlow(old, s_none)); // was not told to

        Assert.Equal(WoundWaitOutcome.Acquired, world.A.Lock(old));
        Assert.Throws<SynchronizationLockException>(() => world.A.Unlock(young));
        Assert.Throws<SynchronizationLockException>(() => world.A.Unlock());
        old.Done();
        Assert.Contains("Done", Assert.Throws<InvalidOperationException>(() => world.B.Lock(old)).Message, StringComparison.Ordinal);

        Assert.Equal(WoundWaitOutcome.Acquired, world.B.Lock(young));
        Assert.Equal(WoundWaitOutcome.MustBackOff, world.A.Lock(young));
        Assert.Throws<InvalidOperationException>(() => world.A.LockSlow(young, s_none)); // still holds B
        Assert.Throws<InvalidOperationException>(young.Done);
        world.B.Unlock(young);
        Assert.Throws<InvalidOperationException>(() => world.B.Lock(young)); // not the contended one
        Assert.Throws<InvalidOperationException>(() => world.B.TryLock(young));
        world.A.Unlock(old);
        Assert.True(world.A.TryLock(young));
        world.A.Unlock(young);
        young.Dispose();
        Assert.Throws<ObjectDisposedException>(() => world.A.Lock(young));
        Assert.Throws<ArgumentOutOfRangeException>("policy", () => new WoundWaitClass("x", (WoundWaitPolicy)9));
    }

    [Theory]
    [InlineData(WoundWaitPolicy.WoundWait, false)]
    [InlineData(WoundWaitPolicy.WaitDie, false)]
    [InlineData(WoundWaitPolicy.WoundWait, true)]
    [InlineData(WoundWaitPolicy.WaitDie, true)]
    public void Any_sets_in_any_order_by_many_at_once_never_deadlock_and_exclude_each_other(WoundWaitPolicy policy, bool asynchronous)
    {
        const int Rounds = 1_000;
        WoundWaitClass lockClass = new("class", policy);
        WoundWaitLock[] locks = [.. Enumerable.Range(0, 5).Select(_ => new WoundWaitLock(lockClass))];
        int[] counts = new int[locks.Length]; // plain: the locks protect them
        int expected = 0;

        Action[] threads = [.. Enumerable.Range(0, 4).Select(seed => (Action)(() => Limit.On(RunAsync(seed))))];
        TestThread.RunTogether(threads);

        Assert.Equal(expected, counts.Sum());
        Assert.All(locks, one => Assert.False(one.IsHeld));

        async Task RunAsync(int seed)
        {
            Random random = new(seed);
            using WoundWaitLockSet set = new(lockClass);
            for (int i = 0; i < Rounds; i++)
            {
                int[] chosen = [.. Enumerable.Range(0, locks.Length)];
                random.Shuffle(chosen);
                chosen = chosen[..random.Next(1, locks.Length + 1)];
                WoundWaitLock[] wanted = [.. chosen.Select(index => locks[index]), locks[chosen[0]]];
                Assert.True(asynchronous ? await set.LockAsync(wanted, Limit.Time) : set.Lock(wanted, Limit.Time));
                Assert.Equal(chosen.Length, set.Count);
                foreach (int index in chosen)
                {
                    counts[index]++;
                }

                Interlocked.Add(ref expected, chosen.Length);
                set.Unlock();
            }
        }
    }

    [Fact]
    public void A_set_that_runs_out_of_time_holds_nothing()
    {
        using LockSectionScope asked = ContractReports.AskedFor("two contexts share a thread");
        using World world = new(WoundWaitPolicy.WoundWait);
        using WoundWaitLockSet set = new(world.Class);
        Assert.Equal(WoundWaitOutcome.Acquired, world.Old.Lock(world.B));
        Assert.False(set.Lock([world.A, world.B], TimeSpan.FromTicks(1)));
        Assert.False(world.A.IsHeld);
        world.Old.Unlock(world.B);
        Assert.True(set.Lock([world.A, world.B], TimeSpan.FromTicks(1)));
        Assert.Throws<InvalidOperationException>(() => set.Lock([world.A], s_none));
    }

    [Fact]
    public void Locking_and_unlocking_allocates_nothing()
    {
        if (FenceContract.IsChecked)
        {
            return; // a hold that travels with the flow is a new execution context
        }

        using World world = new(WoundWaitPolicy.WoundWait);
        Assert.Equal(0, Allocation.Of(() =>
        {
            world.A.Lock(world.Old.Context);
            world.B.Lock(world.Old.Context);
            world.B.TryLock(world.Young.Context);
            world.A.Unlock(world.Old.Context);
            world.B.Unlock(world.Old.Context);
        }));
        Assert.True(world.A.TryLock());
        Assert.Equal(0, Allocation.Of(
            () =>
            {
                world.A.Lock(world.Old.Context, TimeSpan.FromTicks(1));
                world.A.Lock(TimeSpan.FromTicks(1));
            },
            warmUp: 50,
            rounds: 50));
        world.A.Unlock();
    }

    [Fact]
    public void Locking_a_set_again_and_again_allocates_nothing()
    {
        if (FenceContract.IsChecked)
        {
            return; // a hold that travels with the flow is a new execution context
        }

        using World world = new(WoundWaitPolicy.WoundWait);
        using WoundWaitLockSet set = new(world.Class);
        WoundWaitLock[] locks = [world.A, world.B];
        Assert.Equal(0, Allocation.Of(() =>
        {
            Assert.True(set.Lock(locks, Limit.Time));
            set.Unlock();
        }));
        Assert.Equal(0, Allocation.Of(() =>
        {
            Assert.True(set.LockAsync(locks, Limit.Time).AsTask().GetAwaiter().GetResult());
            set.Unlock();
        }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_context_that_ends_unlocks_what_it_still_holds_and_whoever_waits_gets_it(int unlockedBefore)
    {
        using LockSectionScope asked = ContractReports.AskedFor("a context ends with locks");
        WoundWaitClass rules = new("rules");
        WoundWaitLock[] locks = [new(rules), new(rules), new(rules)];
        WoundWaitContext context = new(rules);
        Assert.All(locks, one => Assert.Equal(WoundWaitOutcome.Acquired, one.Lock(context)));
        locks[unlockedBefore].Unlock(context); // whichever it is, the others are still known
        Assert.Equal(2, context.HeldLocks);
        Task<bool> waiting = locks[(unlockedBefore + 1) % 3].LockAsync(Limit.Time).AsTask();
        Assert.False(waiting.IsCompleted);

        context.Dispose();
        context.Dispose();

        Assert.True(Limit.On(waiting));
        Assert.Equal(0, context.HeldLocks);
        Assert.Single(locks, static one => one.IsHeld);
        Assert.Throws<ObjectDisposedException>(() => locks[0].Lock(context));
    }

    [Fact]
    public void Each_attempt_of_a_set_is_younger_than_the_one_before()
    {
        using LockSectionScope asked = ContractReports.AskedFor("two contexts share a thread");
        using World world = new(WoundWaitPolicy.WaitDie);
        using WoundWaitLockSet set = new(world.Class); // older than those that come, as long as it has not begun anew
        using WoundWaitContext between = new(world.Class);
        Assert.True(set.Lock([world.A], s_none));
        Assert.True(world.B.TryLock(between));

        Assert.Equal(WoundWaitOutcome.TimedOut, world.A.Lock(between, TimeSpan.FromTicks(1))); // the older one waits for the younger: no back-off

        world.B.Unlock(between);
    }

    private sealed class World : IDisposable
    {
        internal World(WoundWaitPolicy policy)
        {
            Class = new WoundWaitClass("class", policy);
            A = new WoundWaitLock(Class);
            B = new WoundWaitLock(Class);
            Old = new Holder(Class);
            Middle = new Holder(Class);
            Young = new Holder(Class);
        }

        internal WoundWaitClass Class { get; }

        internal WoundWaitLock A { get; }

        internal WoundWaitLock B { get; }

        internal Holder Old { get; }

        internal Holder Middle { get; }

        internal Holder Young { get; }

        public void Dispose()
        {
            Old.Dispose();
            Middle.Dispose();
            Young.Dispose();
        }
    }

    /// <summary>A context on a thread of its own: a thread that plays several holders would wait for itself, and the validator says so.</summary>
    private sealed class Holder(WoundWaitClass lockClass) : IDisposable
    {
        private readonly OtherThread _thread = new();

        internal WoundWaitContext Context { get; } = new(lockClass);

        internal WoundWaitOutcome Lock(WoundWaitLock wanted) => _thread.Run(() => wanted.Lock(Context));

        internal WoundWaitOutcome Lock(WoundWaitLock wanted, TimeSpan timeout) => _thread.Run(() => wanted.Lock(Context, timeout));

        internal WoundWaitOutcome LockSlow(WoundWaitLock wanted, TimeSpan timeout) => _thread.Run(() => wanted.LockSlow(Context, timeout));

        internal Task<WoundWaitOutcome> LockAsync(WoundWaitLock wanted, CancellationToken cancellationToken = default) =>
            _thread.Run(() => wanted.LockAsync(Context, Limit.Time, cancellationToken).AsTask());

        internal void Unlock(WoundWaitLock held) => _thread.Run(() => held.Unlock(Context));

        public void Dispose() => _thread.Dispose();
    }
}
