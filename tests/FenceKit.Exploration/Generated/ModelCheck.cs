using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>
/// Random overlapping ranges, subscribers of all kinds and up to three threads, against a shadow of what each place holds: at no moment of
/// any interleaving within the bound does anybody have memory mapped that was given away.
/// </summary>
public class ModelCheck(ITestOutputHelper output)
{
    private const int Scenarios = 250;
    private const int InterleavingsEach = 1_500;
    private const int ScenariosOfAFlaw = 100;

    [Fact]
    public void No_mapping_is_stale_in_any_interleaving_of_generated_scenarios()
    {
        int first = InterleavingLedger.Seed;
        int last = first + (Scenarios * ExplorationDepth.RandomFactor) - 1;
        long interleavings = 0;
        int whole = 0;
        for (int seed = first; seed <= last; seed++)
        {
            // What does not fit the limit is looked at in random order as well.
            ExplorationOptions options = Options(seed);
            ExplorationResult result = Explorer.Verify(GeneratedScenario.Of(seed), options);
            interleavings += result.Interleavings;
            whole += result.IsExhaustive ? 1 : 0;
            if (!result.IsExhaustive)
            {
                interleavings += Explorer.VerifyRandomly(GeneratedScenario.Of(seed), InterleavingsEach / 4, options).Interleavings;
            }
        }

        output.WriteLine(FormattableString.Invariant(
            $"generated scenarios: {interleavings:N0} interleavings (seeds {first} to {last}, {whole} seen whole)"));
    }

    [Theory]
    [InlineData(ShadowFlaw.CommitsBeforeWait)]
    [InlineData(ShadowFlaw.SkipsOneSubscriber)]
    [InlineData(ShadowFlaw.PublishesWithoutLooking)]
    public void A_flaw_is_found_and_can_be_replayed(ShadowFlaw flaw)
    {
        for (int seed = InterleavingLedger.Seed; seed < InterleavingLedger.Seed + ScenariosOfAFlaw; seed++)
        {
            if (Explorer.Explore(GeneratedScenario.Of(seed, flaw), Options(seed)).Failure is { } failure)
            {
                output.WriteLine($"found by GeneratedScenario.Of({seed}), \"{failure.Replay}\": {failure.Message}");
                ExplorationFailure? replayed = Explorer.Replay(GeneratedScenario.Of(seed, flaw), failure.Replay).Failure;
                Assert.Equal(failure.Message, replayed?.Message);
                return;
            }
        }

        Assert.Fail($"none of {ScenariosOfAFlaw} generated scenarios has noticed the flaw");
    }

    /// <summary>Every third one has store buffers; there a delayed write takes the place of the preemption.</summary>
    private static ExplorationOptions Options(int seed) => new()
    {
        Preemptions = (seed % 3 == 0 ? 0 : 1) + Math.Max(0, ExplorationDepth.Extra),
        Memory = seed % 3 == 0 ? MemoryModel.TotalStoreOrder : MemoryModel.SequentiallyConsistent,
        MaximumInterleavings = InterleavingsEach * (1 + Math.Max(0, ExplorationDepth.Extra)),
    };
}
