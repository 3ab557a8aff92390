using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Base of the explorations of shipped code: counts into the totals and says how much was seen.</summary>
public abstract class ExplorationTests(ITestOutputHelper output)
{
    /// <summary>Every interleaving within the bound. One that would be cut short proves less than it says, so it is refused.</summary>
    private protected void Verify(Scenario scenario, int preemptions, MemoryModel memory = MemoryModel.SequentiallyConsistent)
    {
        ExplorationResult result = Explorer.Verify(scenario, new ExplorationOptions { Preemptions = preemptions, Memory = memory });
        Report(result, $"all with {preemptions} preemptions, {memory}");
        Assert.True(result.IsExhaustive, "Too many interleavings: lower the bound, and go beyond it at random.");
    }

    /// <summary>Random interleavings without a bound.</summary>
    private protected void VerifyRandomly(Scenario scenario, long executions, MemoryModel memory) =>
        Report(
            Explorer.VerifyRandomly(scenario, executions, new ExplorationOptions { Preemptions = 4, Memory = memory }),
            $"at random, {memory}");

    private void Report(ExplorationResult result, string how) => output.WriteLine(FormattableString.Invariant(
        $"{result.Scenario}: {result.Interleavings:N0} interleavings ({how}), {result.InterleavingsPerSecond:N0} per second"));
}
