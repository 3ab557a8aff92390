// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Globalization;
using FenceKit.Lockdep.Tests.Support;
using Xunit.Abstractions;

namespace FenceKit.Lockdep.Tests.Oracle;

[Trait("Suite", "Oracle")]
public sealed class OracleTests(ITestOutputHelper output)
{
    private const int Scenarios = 100_000;

    [Theory]
    [InlineData("0 1 | U1(R1(W1))", LockConfidence.Certain)] // A reader under its own upgradeable hold blocks the upgrade.
    [InlineData("0 1 | R1(U1)", null)] // Hangs only behind a writer, and there is none.
    [InlineData("0 1 | R1(U1) | W1", LockConfidence.Certain)] // Now there is one.
    [InlineData("0* 1 1 | W2(W0(W0)) Wt1(Wl2)", LockConfidence.Likely)] // A second instance of the guard comes up late, and by a try.
    [InlineData("1 1 0* | W2(Wt0(W2)) | W1(W2)", LockConfidence.Likely)] // The same, where the guard's class is on no circle itself.
    [InlineData("0 1 2 3* | Wl3(Wt2(W3) W0(R1)) W1(W2(Wl3))", LockConfidence.Certain)] // Through a lock of the same class taken twice.
    [InlineData("0 1 0 | Ut1(U2(W0)) | r2(R2(W1) rt1)", null)] // A reader nested in itself gives no stand-in.
    [InlineData("0 1 0 | U0(Wl2(U1) W1) Ul2(U0 W1(U0))", LockConfidence.Certain)] // A limited wait on the way does not save anybody.
    [InlineData("0* 1* 0 | Wl0(Wl2(W0) W1(W1)) W0(Wt2 W1) | W1", LockConfidence.Certain)] // Permits of a semaphore taken again on the way.
    [InlineData("0 1 2 | W0(W1(W2)) | W0(W2(W1))", null)] // A common guard.
    [InlineData("0 1 2 2 | W2(W0(W1)) | W2(W1(W0)) | W3", LockConfidence.Likely)] // A common guard with a twin.
    public void Once_found_disagreements_stay_settled(string scenario, LockConfidence? expected)
    {
        OracleScenario parsed = OracleScenario.Parse(scenario);
        Assert.Equal(scenario, parsed.ToString());
        Assert.Equal(expected, OracleVerdict.OfExplorer(parsed));
        Assert.Equal(expected, OracleVerdict.OfValidator(parsed));
    }

    [Fact]
    public void The_validator_agrees_with_the_explorer_on_every_generated_scenario()
    {
        int seed = OracleSeed.Choose();
        int count = int.TryParse(Environment.GetEnvironmentVariable("FENCEKIT_SCENARIOS"), CultureInfo.InvariantCulture, out int wanted)
            ? wanted
            : Scenarios;
        var disagreements = new ConcurrentBag<string>();
        int certain = 0;
        int likely = 0;
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            OracleScenario scenario = OracleGenerator.Generate(new Random(Mix(seed, i)));
            bool isDeclared = i % 4 != 0; // every fourth with classes that a tool has inferred
            LockConfidence? expected = OracleVerdict.OfExplorer(scenario, isDeclared);
            LockConfidence? actual = OracleVerdict.OfValidator(scenario, isDeclared);
            if (expected == LockConfidence.Certain)
            {
                Interlocked.Increment(ref certain);
            }
            else if (expected == LockConfidence.Likely)
            {
                Interlocked.Increment(ref likely);
            }

            if (expected != actual)
            {
                disagreements.Add($"explorer {Text(expected)}, validator {Text(actual)}{(isDeclared ? "" : ", inferred")}: {scenario}");
            }
        });

        output.WriteLine($"seed {seed}, {count} scenarios: {certain} certain, {likely} likely, {disagreements.Count} disagreements");
        foreach (string disagreement in disagreements.OrderBy(static text => text.Length).Take(20))
        {
            output.WriteLine(disagreement);
        }

        Proof.Write("oracle", new { scenarios = count, disagreements = disagreements.Count, seed });
        Assert.True(disagreements.IsEmpty, $"seed {seed}: {disagreements.OrderBy(static text => text.Length).FirstOrDefault()}");
        Assert.True(certain > count / 50 && likely > count / 200, "the scenarios must be worth their name");
    }

    private static string Text(LockConfidence? confidence) => confidence?.ToString() ?? "nothing";

    // Not HashCode: that is another one in every process, and a printed seed would replay nothing.
    private static int Mix(int seed, int index)
    {
        ulong mixed = ((ulong)(uint)seed << 32 | (uint)index) * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9;
        return (int)(mixed >> 32);
    }
}
