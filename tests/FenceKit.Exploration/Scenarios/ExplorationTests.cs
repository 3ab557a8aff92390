using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Base of the explorations of shipped code: counts into the totals and says how much was seen.</summary>
public abstract class ExplorationTests(ITestOutputHelper output)
{
    private protected void Verify(
        Scenario scenario, int preemptions, MemoryModel memory = MemoryModel.SequentiallyConsistent, long maximum = 150_000)
    {
        var options = new ExplorationOptions { Preemptions = preemptions, Memory = memory, MaximumInterleavings = maximum };
        Report(Explorer.Verify(scenario, options));
    }

    private protected void VerifyRandomly(Scenario scenario, long executions, MemoryModel memory = MemoryModel.SequentiallyConsistent) =>
        Report(Explorer.VerifyRandomly(scenario, executions, new ExplorationOptions { Preemptions = 4, Memory = memory }));

    private void Report(ExplorationResult result) => output.WriteLine(FormattableString.Invariant(
        $"{result.Scenario}: {result.Interleavings:N0} interleavings{(result.IsExhaustive ? ", all within the bound" : string.Empty)}, {result.InterleavingsPerSecond:N0} per second"));
}
