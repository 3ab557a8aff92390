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

    [Fact]
    public void The_validator_agrees_with_the_explorer_on_every_generated_scenario()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("FENCEKIT_SEED"), CultureInfo.InvariantCulture, out int given)
            ? given
            : Random.Shared.Next();
        int count = int.TryParse(Environment.GetEnvironmentVariable("FENCEKIT_SCENARIOS"), CultureInfo.InvariantCulture, out int wanted)
            ? wanted
            : Scenarios;
        var disagreements = new ConcurrentBag<string>();
        int certain = 0;
        int likely = 0;
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            OracleScenario scenario = OracleGenerator.Generate(new Random(HashCode.Combine(seed, i)));
            LockConfidence? expected = OracleVerdict.OfExplorer(scenario);
            LockConfidence? actual = OracleVerdict.OfValidator(scenario);
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
                disagreements.Add($"explorer {Text(expected)}, validator {Text(actual)}: {scenario}");
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
}
