using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Base of the explorations of shipped code: counts into the totals and says how much was seen.</summary>
public abstract class ExplorationTests(ITestOutputHelper output)
{
    /// <summary>Every interleaving within the bound. One that would be cut short proves less than it says, so it is refused.</summary>
    private protected void Verify(Scenario scenario, int preemptions, MemoryModel memory = MemoryModel.SequentiallyConsistent)
    {
        int bound = Math.Max(0, preemptions + ExplorationDepth.Extra);
        ExplorationOptions options = new() { Preemptions = bound, Memory = memory, MaximumInterleavings = ExplorationDepth.MaximumInterleavings };
        ExplorationResult result = Explorer.Verify(scenario, options);
        string seen = result.IsExhaustive ? "all" : "the first";
        output.Report(result, $"{seen} with {bound} preemptions, {memory}");
        Assert.True(result.IsExhaustive || ExplorationDepth.Extra > 0, "Too many interleavings: lower the bound, and go beyond it at random.");
    }

    /// <summary>Random interleavings without a bound.</summary>
    private protected void VerifyRandomly(Scenario scenario, long executions, MemoryModel memory) =>
        output.Report(
            Explorer.VerifyRandomly(
                scenario, executions * ExplorationDepth.RandomFactor, new ExplorationOptions { Preemptions = 4, Memory = memory }),
            $"at random, {memory}");
}
