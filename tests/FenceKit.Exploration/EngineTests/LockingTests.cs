namespace FenceKit.Exploration;

public class LockingTests
{
    [Fact]
    public void A_spinlock_that_tests_and_then_sets_lets_two_in()
    {
        Assert.NotNull(Explorer.Explore(Spinlock(box =>
        {
            var spinner = new SpinWait();
            while (Volatile.Read(ref box.Value) != 0)
            {
                spinner.SpinOnce();
            }

            Volatile.Write(ref box.Value, 1);
        })).Failure);
    }

    [Fact]
    public void A_spinlock_that_tests_and_sets_at_once_lets_one_in()
    {
        ExplorationResult result = Explorer.Explore(Spinlock(box =>
        {
            var spinner = new SpinWait();
            while (Interlocked.CompareExchange(ref box.Value, 1, 0) != 0)
            {
                spinner.SpinOnce();
            }
        }));

        Assert.Null(result.Failure);
        Assert.True(result.IsExhaustive);
    }

    [Fact]
    public void Two_locks_in_opposite_order_deadlock()
    {
        ExplorationResult result = Explorer.Explore(TwoLocks(isOrdered: false));

        Assert.NotNull(result.Failure);
        Assert.StartsWith("deadlock", result.Failure.Message, StringComparison.Ordinal);
        Assert.Contains("waits for a lock that", result.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_locks_in_one_order_do_not_deadlock() => Assert.Null(Explorer.Explore(TwoLocks(isOrdered: true)).Failure);

    [Fact]
    public void A_spin_that_nobody_ends_is_a_livelock()
    {
        ExplorationResult result = Explorer.Explore(Scenario.Of("nobody writes", () => new Box()).Thread("A", box =>
        {
            var spinner = new SpinWait();
            while (Volatile.Read(ref box.Value) == 0)
            {
                spinner.SpinOnce();
            }
        }));

        Assert.StartsWith("livelock", result.Failure?.Message, StringComparison.Ordinal);
    }

    private static Scenario<Box> Spinlock(Action<Box> enter)
    {
        void Body(Box box)
        {
            enter(box);
            Assert.Equal(1, Interlocked.Increment(ref box.Other));
            Interlocked.Decrement(ref box.Other);
            Volatile.Write(ref box.Value, 0);
        }

        return Scenario.Of("spinlock", () => new Box()).Thread("A", Body).Thread("B", Body);
    }

    private static Scenario<Lock[]> TwoLocks(bool isOrdered)
    {
        static void EnterBoth(Lock outer, Lock inner)
        {
            outer.Enter();
            inner.Enter();
            inner.Exit();
            outer.Exit();
        }

        return Scenario.Of("two locks", () => new[] { new Lock(), new Lock() })
            .Thread("A", locks => EnterBoth(locks[0], locks[1]))
            .Thread("B", locks => EnterBoth(locks[isOrdered ? 0 : 1], locks[isOrdered ? 1 : 0]));
    }
}
