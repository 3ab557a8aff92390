using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Base of the explorations of shipped code: counts into the totals and says how much was seen.</summary>
public abstract class ExplorationTests(ITestOutputHelper output)
{
    // What is beyond a bound that has too many interleavings is seen at random, this often.
    private const long BeyondTheBound = 20_000;

    /// <summary>
    /// Every interleaving within the bound. Where there are more than one run may take, all of the next lower bound, and random ones beyond
    /// it: what was seen is said in the output, and less than all without a preemption is refused.
    /// </summary>
    private protected void Verify(Scenario scenario, int preemptions, MemoryModel memory = MemoryModel.SequentiallyConsistent)
    {
        int bound = Math.Max(0, preemptions + ExplorationDepth.Extra);
        while (!IsSeenWhole(scenario, bound, memory) && ExplorationDepth.Extra <= 0)
        {
            Assert.True(bound > 0, "Too many interleavings even without a preemption: make the scenario smaller.");
            VerifyRandomly(scenario, BeyondTheBound, memory);
            bound--;
        }
    }

    private bool IsSeenWhole(Scenario scenario, int bound, MemoryModel memory)
    {
        ExplorationOptions options = new() { Preemptions = bound, Memory = memory, MaximumInterleavings = ExplorationDepth.MaximumInterleavings };
        ExplorationResult result = Explorer.Verify(scenario, options);
        string seen = result.IsExhaustive ? "all" : "the first";
        output.Report(result, $"{seen} with {bound} preemptions, {memory}");
        return result.IsExhaustive;
    }

    /// <summary>Random interleavings without a bound.</summary>
    private protected void VerifyRandomly(Scenario scenario, long executions, MemoryModel memory) =>
        output.Report(
            Explorer.VerifyRandomly(
                scenario, executions * ExplorationDepth.RandomFactor, new ExplorationOptions { Preemptions = 4, Memory = memory }),
            $"at random, {memory}");
}
