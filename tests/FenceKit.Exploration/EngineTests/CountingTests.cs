namespace FenceKit.Exploration;

public class CountingTests
{
    private const int Unbounded = 100;

    [Theory]
    [InlineData(1, 1, 2)]
    [InlineData(2, 2, 6)] // 4! / (2! 2!)
    [InlineData(3, 3, 20)]
    [InlineData(4, 6, 210)]
    public void Two_threads_are_interleaved_as_often_as_counted_by_hand(int first, int second, int expected)
    {
        ExplorationResult result = Explorer.Explore(Increments(first, second), new ExplorationOptions { Preemptions = Unbounded });

        Assert.Equal(expected, result.Interleavings);
        Assert.True(result.IsExhaustive);
        Assert.Null(result.Failure);
    }

    [Fact]
    public void Three_threads_are_interleaved_as_often_as_counted_by_hand()
    {
        ExplorationResult result = Explorer.Explore(Increments(2, 2, 2), new ExplorationOptions { Preemptions = Unbounded });

        Assert.Equal(90, result.Interleavings); // 6! / (2! 2! 2!)
    }

    [Theory]
    [InlineData(0, 2)] // AABB BBAA
    [InlineData(1, 4)] // ABBA BAAB
    [InlineData(2, 6)] // ABAB BABA: the second switch interrupts B, the third one does not, for B is done or A is
    public void The_bound_counts_only_switches_away_from_a_thread_that_could_go_on(int preemptions, int expected)
    {
        ExplorationResult result = Explorer.Explore(Increments(2, 2), new ExplorationOptions { Preemptions = preemptions });

        Assert.Equal(expected, result.Interleavings);
    }

    [Fact]
    public void Waiting_for_a_lock_is_not_a_preemption()
    {
        // Without a preemption the threads only come one after the other; with one, A can be interrupted in front of its exit,
        // and B's blocked Enter goes back to A for free.
        Scenario scenario = Scenario.Of("one lock", () => new Lock())
            .Thread("A", EnterAndExit)
            .Thread("B", EnterAndExit);

        Assert.Equal(2, Explorer.Explore(scenario, new ExplorationOptions { Preemptions = 0 }).Interleavings);
        Assert.Equal(4, Explorer.Explore(scenario, new ExplorationOptions { Preemptions = 1 }).Interleavings);
    }

    [Fact]
    public void A_spinning_thread_comes_back_only_after_a_change()
    {
        Scenario scenario = Scenario.Of("flag", () => new Box())
            .Thread("A", box => Volatile.Write(ref box.Value, 1))
            .Thread("B", box => SpinUntilSet(box));

        ExplorationResult result = Explorer.Explore(scenario, new ExplorationOptions { Preemptions = Unbounded });

        Assert.Null(result.Failure);
        Assert.True(result.IsExhaustive);
        Assert.Equal(2, result.Interleavings); // B reads after the write; or before it, and then spins once and reads again
    }

    [Fact]
    public void Exploring_twice_gives_the_same_number()
    {
        Scenario scenario = Increments(5, 5, 3);

        Assert.Equal(Explorer.Explore(scenario).Interleavings, Explorer.Explore(scenario).Interleavings);
        Assert.Equal(
            Explorer.ExploreRandomly(scenario, seed: 7, executions: 500).Interleavings,
            Explorer.ExploreRandomly(scenario, seed: 7, executions: 500).Interleavings);
    }

    private static Scenario<Box> Increments(params int[] operations)
    {
        Scenario<Box> scenario = Scenario.Of("increments", () => new Box());
        for (int i = 0; i < operations.Length; i++)
        {
            int count = operations[i];
            scenario.Thread($"{count} increments", box => Increment(box, count));
        }

        return scenario.AtEnd(box => Assert.Equal(operations.Sum(), box.Value));
    }

    private static void Increment(Box box, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Interlocked.Increment(ref box.Value);
        }
    }

    private static void EnterAndExit(Lock gate)
    {
        gate.Enter();
        gate.Exit();
    }

    private static void SpinUntilSet(Box box)
    {
        var spinner = new SpinWait();
        while (Volatile.Read(ref box.Value) == 0)
        {
            spinner.SpinOnce();
        }
    }
}
