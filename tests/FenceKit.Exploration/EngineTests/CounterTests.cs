namespace FenceKit.Exploration;

public class CounterTests
{
    [Fact]
    public void A_lost_update_of_a_naive_counter_is_found()
    {
        ExplorationResult result = Explorer.Explore(Counter("naive", box => Volatile.Write(ref box.Value, Volatile.Read(ref box.Value) + 1)));

        Assert.NotNull(result.Failure);
        Assert.Contains("check at the end", result.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interlocked_counter_loses_nothing()
    {
        ExplorationResult result = Explorer.Explore(Counter("interlocked", box => Interlocked.Increment(ref box.Value)));

        Assert.Null(result.Failure);
    }

    [Fact]
    public void A_counter_under_a_monitor_loses_nothing()
    {
        ExplorationResult result = Explorer.Explore(Counter("monitor", box =>
        {
            Monitor.Enter(box);
            Volatile.Write(ref box.Value, Volatile.Read(ref box.Value) + 1);
            Monitor.Exit(box);
        }));

        Assert.Null(result.Failure);
    }

    private static Scenario<Box> Counter(string name, Action<Box> add) =>
        Scenario.Of($"{name} counter", () => new Box())
            .Thread("A", add)
            .Thread("B", add)
            .AtEnd(box => Assert.Equal(2, box.Value));
}
