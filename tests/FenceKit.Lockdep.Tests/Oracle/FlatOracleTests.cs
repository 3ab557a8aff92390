// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using FenceKit.Lockdep.Tests.Support;
using Xunit.Abstractions;

namespace FenceKit.Lockdep.Tests.Oracle;

/// <summary>
/// Locks that are not released inside out. What is called certain must be reachable, without exception. The other way round the validator may
/// be more careful than it need be (it does not remember every path), so that what it misses is counted.
/// </summary>
[Trait("Suite", "Oracle")]
public sealed class FlatOracleTests(ITestOutputHelper output)
{
    private const int Scenarios = 50_000;

    // Each section is a piece of code of its own.
    private static readonly string[] s_files = ["First.cs", "Second.cs", "Third.cs"];

    [Theory]
    [InlineData("W0 W1 -0 W2 -1 -2 | W2 W1 -1 -2", true)] // Hand over hand against the other direction.
    [InlineData("W0 W1 -0 W2 -2 -1 | W0 W2 -0 W1 -1 -2", true)] // The guard of both is gone when they meet.
    [InlineData("W0 W1 W2 -2 W3 -0 W4 -4 -3 -1 | W0 W2 W1 -1 W4 -0 W3 -3 -4 -2", false)] // Under the guard each passes what the other keeps.
    [InlineData("W0 W1 W2 -2 W3 -0 W4 -4 -3 -1 | W0 W2 W1 -1 W4 W3 -3 -4 -2 -0", false)] // The same, with only one that lets the guard go early.
    [InlineData("W0 W1 W3 -0 W4 -4 -3 -1 | W0 W2 W4 -0 W3 -3 -4 -2", true)] // Without the passing it hangs.
    [InlineData("W0 W2 -2 W2 -2 W1 -0 -1 | W0 W1 -1 W2 -2 W1 -0 W2 -1 W1 -1 -2", false)] // The same lines in two files are two paths.
    public void A_circle_is_certain_only_if_the_threads_can_get_there(string text, bool hangs)
    {
        FlatScenario scenario = FlatScenario.Parse(text);
        Assert.Equal(text, scenario.ToString());
        Assert.Equal(hangs, new OracleExplorer(scenario).CanHang());
        Assert.Equal(hangs, IsCertain(scenario));
    }

    [Fact]
    public void Nothing_is_called_certain_that_the_explorer_cannot_reach()
    {
        int seed = OracleSeed.Choose();
        var wrong = new ConcurrentBag<string>();
        var missed = new ConcurrentBag<string>();
        int hanging = 0;
        Parallel.For(0, Scenarios, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            FlatScenario scenario = FlatScenario.Generate(new Random(unchecked((seed * 397) ^ (i * 7919))));
            bool hangs = new OracleExplorer(scenario).CanHang();
            bool isCertain = IsCertain(scenario);
            Interlocked.Add(ref hanging, hangs ? 1 : 0);
            if (isCertain != hangs)
            {
                (isCertain ? wrong : missed).Add(scenario.ToString());
            }
        });

        output.WriteLine($"seed {seed}, {Scenarios} scenarios: {hanging} hang, {wrong.Count} wrongly certain, {missed.Count} not certain enough");
        foreach (string one in wrong.OrderBy(static text => text.Length).Take(5).Concat(missed.OrderBy(static text => text.Length).Take(5)))
        {
            output.WriteLine(one);
        }

        Proof.Write("oracle-any-order", new { scenarios = Scenarios, hanging, wronglyCertain = wrong.Count, notCertainEnough = missed.Count, seed });
        Assert.True(wrong.IsEmpty, $"seed {seed}: {wrong.OrderBy(static text => text.Length).FirstOrDefault()}");
        Assert.True(missed.Count * 500 <= hanging, $"seed {seed}: {missed.Count} of {hanging} missed, {missed.OrderBy(static text => text.Length).FirstOrDefault()}");
        Assert.True(hanging > Scenarios / 20, "the scenarios must be worth their name");
    }

    private static bool IsCertain(FlatScenario scenario)
    {
        var sink = new CollectingSink();
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [sink], CaptureStacks = false, MinimumConfidence = LockConfidence.Likely });
        LockMap[] maps = [.. Enumerable.Range(0, FlatScenario.MostLocks).Select(static i => new LockMap(LockClass.Create($"L{i}")))];
        for (int section = 0; section < scenario.Sections.Length; section++)
        {
            for (int line = 0; line < scenario.Sections[section].Length; line++)
            {
                FlatStep step = scenario.Sections[section][line];
                if (step.Action == '-')
                {
                    validator.Release(maps[step.Lock]);
                    continue;
                }

                LockAcquireMode mode = step.Action == 'W' ? LockAcquireMode.Exclusive : LockAcquireMode.Shared;
                validator.Acquire(maps[step.Lock], new LockAcquireOptions { Mode = mode }, s_files[section], line + 1);
            }
        }

        validator.AssertNoneHeld();
        return sink.Violations.Any(static violation => violation.Confidence == LockConfidence.Certain);
    }
}
