namespace FenceKit.Exploration;

public class WakeUpTests
{
    [Fact]
    public void A_test_outside_the_monitor_misses_the_wake_up()
    {
        ExplorationResult result = Explorer.Explore(SleeperAndWaker(box =>
        {
            if (Volatile.Read(ref box.Value) == 0)
            {
                Monitor.Enter(box);
                Monitor.Wait(box);
                Monitor.Exit(box);
            }
        }));

        Assert.NotNull(result.Failure);
        Assert.Contains("nobody pulses", result.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_test_inside_the_monitor_misses_nothing()
    {
        ExplorationResult result = Explorer.Explore(SleeperAndWaker(box =>
        {
            Monitor.Enter(box);
            while (Volatile.Read(ref box.Value) == 0)
            {
                Monitor.Wait(box);
            }

            Monitor.Exit(box);
        }));

        Assert.Null(result.Failure);
        Assert.True(result.IsExhaustive);
    }

    [Fact]
    public void A_wait_with_a_time_limit_gives_up_only_when_nothing_else_can_happen()
    {
        ExplorationResult result = Explorer.Explore(Scenario.Of("time limit", () => new Box()).Thread("sleeper", box =>
        {
            Monitor.Enter(box);
            Assert.False(Monitor.Wait(box, TimeSpan.FromDays(1)));
            Monitor.Exit(box);
        }));

        Assert.Null(result.Failure);
    }

    private static Scenario<Box> SleeperAndWaker(Action<Box> sleep) =>
        Scenario.Of("sleeper and waker", () => new Box())
            .Thread("sleeper", sleep)
            .Thread("waker", box =>
            {
                Monitor.Enter(box);
                Volatile.Write(ref box.Value, 1);
                Monitor.PulseAll(box);
                Monitor.Exit(box);
            });
}
