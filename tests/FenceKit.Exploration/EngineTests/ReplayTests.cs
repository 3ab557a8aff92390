namespace FenceKit.Exploration;

public class ReplayTests
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent)]
    [InlineData(MemoryModel.TotalStoreOrder)]
    public void A_failure_is_reproduced_by_its_replay_string(MemoryModel memory)
    {
        ExplorationFailure? failure = Explorer.Explore(NaiveCounter(), new ExplorationOptions { Memory = memory }).Failure;

        Assert.NotNull(failure);
        Assert.Equal(failure, Explorer.Replay(NaiveCounter(), failure.Replay).Failure, (one, other) =>
            one?.Message == other?.Message && one?.Replay == other?.Replay && one?.Trace == other?.Trace);
    }

    [Fact]
    public void A_trace_shows_every_operation_in_the_column_of_its_thread()
    {
        ExplorationFailure? failure = Explorer.Replay(NaiveCounter(), "ABAB").Failure;

        Assert.NotNull(failure);
        string[] rows = [.. failure.Trace.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(row => row.Trim())];
        Assert.Equal(
            ["Add: box.Value is 0", "Add: box.Value is 0", "Add: box.Value = 1", "Add: box.Value = 1"],
            rows[2..]);
        Assert.StartsWith("A: first", rows[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_is_shown_with_as_few_preemptions_as_it_needs()
    {
        ExplorationFailure? failure = Explorer.Explore(NaiveCounter(), new ExplorationOptions { Preemptions = 4 }).Failure;

        Assert.Equal("AB2A", failure?.Replay);
    }

    [Fact]
    public void Random_schedules_find_the_lost_update_too()
    {
        ExplorationFailure? failure = Explorer.ExploreRandomly(NaiveCounter(), seed: 1, executions: 200).Failure;

        Assert.NotNull(failure);
        Assert.NotNull(Explorer.Replay(NaiveCounter(), failure.Replay).Failure);
    }

    [Fact]
    public void An_exception_in_a_body_is_a_failure_with_its_cause()
    {
        Scenario scenario = Scenario.Of("thrower", () => new Box())
            .Thread("thrower", box => throw new InvalidOperationException("on purpose"))
            .Thread("waiter", box => Monitor.Enter(box));

        ExplorationFailure? failure = Explorer.Explore(scenario).Failure;

        Assert.NotNull(failure);
        Assert.IsType<InvalidOperationException>(failure.Cause);
        Assert.Contains("thrower threw", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_invariant_is_checked_between_any_two_steps()
    {
        Scenario scenario = Scenario.Of("dip", () => new Box())
            .Thread("A", box =>
            {
                Interlocked.Decrement(ref box.Value);
                Interlocked.Increment(ref box.Value);
            })
            .Always(box => Assert.True(box.Value >= 0, "the value dipped below zero"));

        Assert.Contains("dipped", Explorer.Explore(scenario).Failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scenario_that_is_not_deterministic_is_refused()
    {
        int executions = 0;
        Scenario scenario = Scenario.Of("changing", () => new Box())
            .Thread("A", box =>
            {
                Interlocked.Increment(ref box.Value);
                if (executions++ % 2 == 1)
                {
                    Interlocked.Increment(ref box.Value);
                    Interlocked.Increment(ref box.Value);
                }
            })
            .Thread("B", box =>
            {
                Interlocked.Increment(ref box.Value);
                Interlocked.Increment(ref box.Value);
            });

        Assert.Contains("not deterministic", Explorer.Explore(scenario).Failure?.Message, StringComparison.Ordinal);
    }

    private static Scenario<Box> NaiveCounter() =>
        Scenario.Of("naive counter", () => new Box())
            .Thread("first", Add)
            .Thread("second", Add)
            .AtEnd(box => Assert.Equal(2, box.Value));

    private static void Add(Box box) => Volatile.Write(ref box.Value, Volatile.Read(ref box.Value) + 1);
}
