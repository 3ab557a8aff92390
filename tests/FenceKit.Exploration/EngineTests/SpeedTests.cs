using Xunit.Abstractions;

namespace FenceKit.Exploration;

public class SpeedTests(ITestOutputHelper output)
{
    [Fact]
    public void A_small_scenario_is_explored_to_its_end()
    {
        Scenario scenario = Scenario.Of("two times eight increments", () => new Box())
            .Thread("A", EightTimes)
            .Thread("B", EightTimes)
            .AtEnd(box => Assert.Equal(16, box.Value));

        ExplorationResult result = Explorer.Explore(scenario, new ExplorationOptions { Preemptions = 16 });

        Assert.Equal(12_870, result.Interleavings); // 16! / (8! 8!)
        output.WriteLine($"{result.Interleavings} interleavings, {result.InterleavingsPerSecond:N0} per second");
    }

    private static void EightTimes(Box box)
    {
        for (int i = 0; i < 8; i++)
        {
            Interlocked.Increment(ref box.Value);
        }
    }
}
